#include "run/beside.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <iostream>
#include <system_error>

namespace run {
namespace {

bool leave(const char* name, int kept, bool speaks) {
    ::setsid();
    if (::chdir("/") != 0) return false;
    sigset_t all;
    ::sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, nullptr);
    ::dup2(kept, 3);
    const int nothing = ::open("/dev/null", O_RDWR);
    for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        if (standard != STDERR_FILENO || !speaks) ::dup2(nothing, standard);
    ::close_range(4, ~0U, 0);
    ::fcntl(3, F_SETFD, FD_CLOEXEC);
    ::prctl(PR_SET_NAME, name);
    return true;
}

[[noreturn]] void be_beside(const char* name, int kept, bool speaks, const std::function<void()>& work) {
    try {
        if (leave(name, kept, speaks)) work();
    } catch (const std::exception& error) {
        std::cerr << "hvfb-run: " << error.what() << '\n';
    }
    ::_exit(0);
}

}  // namespace

void start_beside(const char* name, int kept, bool speaks, const std::function<void()>& work) {
    const pid_t child = ::fork();
    if (child < 0) throw std::system_error(errno, std::generic_category(), "a process beside the program");
    if (child == 0) {
        // Another one, which is not this process's to wait for.
        if (::fork() == 0) be_beside(name, kept, speaks, work);
        ::_exit(0);
    }
    while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
    }
}

}  // namespace run
