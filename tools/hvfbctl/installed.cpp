#include "installed.h"

#include <unistd.h>

namespace hvfbctl {

std::filesystem::path own_program(const char* name) {
    namespace fs = std::filesystem;
    std::error_code unknown;
    const fs::path here = fs::read_symlink("/proc/self/exe", unknown).parent_path();
    if (here.empty()) return {};
    for (const fs::path& candidate : {here / name, (here / HVFBD_LIBEXEC / name).lexically_normal()})
        if (::access(candidate.c_str(), X_OK) == 0) return candidate;
    return {};
}

std::string command_to_install(const std::string& package) {
    return "sudo apt install ./build/packages/" + package + "_*.deb";
}

}  // namespace hvfbctl
