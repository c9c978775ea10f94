#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/error.h"
#include "commands.h"
#include "installed.h"

namespace hvfbctl {

constexpr const char* viewer_name = "hvfb-view";

void view_display(const Where& where, bool actual_size) {
    const std::filesystem::path viewer = own_program(viewer_name);
    if (viewer.empty())
        throw std::runtime_error(
            std::string(viewer_name) +
            ", the viewer in a window, is not installed. It is in package hvfbd-view, which comes from where "
            "hvfbctl did: " +
            command_to_install("hvfbd-view") +
            " (it needs SDL2 and a graphical session); without one, hvfbctl screenshot FILE writes what the "
            "display shows; for other machines there is hvfb-vnc(8), in package hvfbd-vnc");
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
