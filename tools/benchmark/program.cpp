#include "program.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <system_error>

namespace hvfbd::bench {

Program::Program(std::vector<std::string> words) : name_(words.front()) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
    output_.reset(ends[0]);
    const Descriptor its(ends[1]);
    std::vector<char*> arguments;
    arguments.reserve(words.size() + 1);
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, its.get(), STDOUT_FILENO);
    const int error = ::posix_spawnp(&pid_, arguments[0], &actions, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    if (error != 0) {
        pid_ = -1;
        throw std::system_error(error, std::generic_category(), name_);
    }
}

Program::~Program() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
}

std::string Program::line() const {
    std::string text;
    char next = 0;
    while (::read(output_.get(), &next, 1) == 1 && next != '\n') text += next;
    return text;
}

bool Program::speaks(int timeout_ms) const {
    pollfd end{output_.get(), POLLIN, 0};
    return ::poll(&end, 1, timeout_ms) > 0;
}

void Program::ended() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    if (status != 0) throw std::runtime_error(name_ + " failed: see above");
}

}  // namespace hvfbd::bench
