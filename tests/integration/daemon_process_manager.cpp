// The manager of a daemon's process, which starts it anew whenever it ends, and what a test asks of it.
#include <poll.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <ctime>
#include <stdexcept>

#include "base/error.h"
#include "daemon_process.h"
#include "fakes/service_manager.h"

namespace hvfbd::testing {
namespace {

// Readable when it has ended, whoever's child it is.
Descriptor open_process(pid_t pid) {
    Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (!process) throw_errno("open the daemon process");
    return process;
}

}  // namespace

void DaemonProcess::manage(const Descriptor& control, const MakeOutput& make_output, Managed& shared) const {
    ServiceManager manager;
    ::setenv("NOTIFY_SOCKET", manager.address().c_str(), 1);
    for (;;) {
        shared.stored.store(manager.stored());
        pid_t child = fork_process([&]() -> int {
            serve(duplicate(control), make_output, {true, manager.take_stored()});
        });
        shared.pid.store(child);
        Descriptor process = open_process(child);
        pollfd ready[] = {{manager.socket(), POLLIN, 0}, {process.get(), POLLIN, 0}};
        do {
            ::poll(ready, 2, -1);
            manager.listen();
        } while ((ready[1].revents & POLLIN) == 0);
        ::waitpid(child, nullptr, 0);
        // What it sent before it ended still counts, as it does for systemd.
        manager.listen();
        if (!shared.wanted.load()) {
            manager.empty();
            shared.pid.store(0);
            // A futex of std::atomic is one process's own.
            timespec moment{0, 1'000'000};
            while (!shared.wanted.load()) ::nanosleep(&moment, nullptr);
        }
    }
}

void DaemonProcess::end_by(int number) {
    pid_t pid = shared_->pid.load();
    Descriptor process = open_process(pid);
    ::kill(pid, number);
    pollfd ended{process.get(), POLLIN, 0};
    if (::poll(&ended, 1, 10000) != 1) throw std::runtime_error("the daemon does not end");
    // Until the manager has seen it too, the number is the old one's.
    while (shared_->wanted.load() && shared_->pid.load() == pid) ::sched_yield();
}

void DaemonProcess::stop_for_good() {
    shared_->wanted.store(false);
    end_by(SIGTERM);
    while (shared_->pid.load() != 0) ::sched_yield();
}

void DaemonProcess::start_again() {
    shared_->wanted.store(true);
    shared_->wanted.notify_all();
    while (shared_->pid.load() == 0) ::sched_yield();
}

}  // namespace hvfbd::testing
