#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/error.h"
#include "commands.h"

namespace hvfbctl {

namespace {

namespace fs = std::filesystem;

constexpr const char* viewer_name = "hvfb-view";

// Beside this program, where nothing was installed, or where it is installed. Empty: nowhere.
fs::path find_viewer() {
    std::error_code unknown;
    const fs::path own = fs::read_symlink("/proc/self/exe", unknown);
    for (const fs::path& candidate : {own.parent_path() / viewer_name, fs::path(HVFBD_LIBEXEC) / viewer_name})
        if (candidate.is_absolute() && ::access(candidate.c_str(), X_OK) == 0) return candidate;
    return {};
}

}  // namespace

void view_display(const Where& where, bool actual_size) {
    const fs::path viewer = find_viewer();
    if (viewer.empty())
        throw std::runtime_error(
            std::string(viewer_name) +
            ", the viewer in a window, is not installed: apt install hvfbd-view (it needs SDL2 and a "
            "graphical "
            "session); without one, hvfbctl screenshot FILE writes what the display shows");
    ::setenv("HVFB_BUS", where.bus.c_str(), 1);
    ::setenv("HVFB_DISPLAY", where.display.c_str(), 1);
    std::string name = viewer.string(), option = "--actual-size";
    std::vector<char*> words{name.data()};
    if (actual_size) words.push_back(option.data());
    words.push_back(nullptr);
    ::execv(name.c_str(), words.data());
    hvfbd::throw_errno("run " + name);
}

}  // namespace hvfbctl
