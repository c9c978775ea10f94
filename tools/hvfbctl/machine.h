#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace hvfbctl {

// One thing examined by `hvfbctl doctor`.
struct Finding {
    enum class Level { ok, warn, bad };  // works; works less well; drawing cannot work
    Level level;
    std::string subject;   // "userfaultfd(2)"
    std::string sentence;  // what was found
    std::string mend;      // the command that mends it; empty if nothing needs to be
};

const char* level_name(Finding::Level level);

// What the kernel and the devices of this machine can do. `root` is "/", or a copy of its sys, dev and proc
// for tests; system calls are always this machine's.
std::vector<Finding> examine_machine(const std::filesystem::path& root);

}  // namespace hvfbctl
