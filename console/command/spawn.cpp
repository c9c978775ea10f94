#include "console/command/spawn.h"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <system_error>

namespace console {

namespace {

void throw_if(int error, const std::string& what) {
    if (error != 0) throw std::system_error(error, std::system_category(), what);
}

std::vector<char*> pointers_to(std::vector<std::string>& words) {
    std::vector<char*> pointers;
    pointers.reserve(words.size() + 1);
    for (std::string& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    return pointers;
}

constexpr const char* preparing = "prepare to start a program";

}  // namespace

Spawn::Spawn() {
    throw_if(::posix_spawn_file_actions_init(&actions_), preparing);
    const int error = ::posix_spawnattr_init(&attributes_);
    if (error != 0) ::posix_spawn_file_actions_destroy(&actions_);
    throw_if(error, preparing);
}

Spawn::~Spawn() {
    ::posix_spawnattr_destroy(&attributes_);
    ::posix_spawn_file_actions_destroy(&actions_);
}

void Spawn::put(int fd, int as) {
    throw_if(::posix_spawn_file_actions_adddup2(&actions_, fd, as), preparing);
}

void Spawn::open(const std::string& path, int flags, int as) {
    throw_if(::posix_spawn_file_actions_addopen(&actions_, as, path.c_str(), flags, 0), preparing);
}

pid_t Spawn::run(const std::string& program, std::vector<std::string> words,
                 std::vector<std::string> environment, const std::string& what) {
    // Whatever this process was given without FD_CLOEXEC.
    throw_if(::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1), preparing);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    throw_if(::posix_spawnattr_setsigmask(&attributes_, &none), preparing);
    throw_if(::posix_spawnattr_setsigdefault(&attributes_, &all), preparing);
    throw_if(::posix_spawnattr_setflags(&attributes_, static_cast<short>(flags_)), preparing);
    pid_t process = -1;
    throw_if(::posix_spawnp(&process, program.c_str(), &actions_, &attributes_, pointers_to(words).data(),
                            pointers_to(environment).data()),
             what);
    return process;
}

}  // namespace console
