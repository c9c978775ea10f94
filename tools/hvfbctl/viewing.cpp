#include "viewing.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>

#include "bus.h"
#include "user_name.h"

namespace hvfbctl {

Viewer open_viewer(const Where& where) {
    // Says better than an errno can what is not there. The library starts no daemon for a viewer.
    const Daemon running(where);
    // The library takes the system bus for NULL, and then asks $HVFB_BUS before it.
    if (where.bus == "system") unsetenv("HVFB_BUS");
    hvfb_open_options options = {};
    options.size = sizeof options;
    options.bus = where.bus == "system" ? nullptr : where.bus.c_str();
    options.display = where.display.c_str();
    hvfb_viewer* viewer = nullptr;
    switch (const int error = -hvfb_viewer_open(&viewer, &options); error) {
        case 0:
            return Viewer(viewer);
        case EACCES:
            throw std::runtime_error(
                "only root and members of the group hvfbd-view may look at the screen: sudo usermod -aG "
                "hvfbd-view " +
                own_name() + ", then log in again");
        case EBUSY:
            throw std::runtime_error("this user has as many viewers open as are allowed: close one");
        case ENOENT:
            throw std::runtime_error("there is no display " + where.display + "; see: hvfbctl displays");
        case EHOSTUNREACH:
            throw NotRunning(problem_of_service(*connect(where.bus)));
        default:
            throw std::runtime_error(std::string("open a viewer: ") + std::strerror(error));
    }
}

bool wait(const Viewer& viewer, std::uint64_t timeout, hvfb_viewer_frame& frame) {
    const int result = hvfb_viewer_wait(viewer.get(), timeout, &frame);
    if (result == -ETIME) return false;
    if (result == -ENOTCONN) throw std::runtime_error("hvfbd closed the view");
    if (result < 0) throw std::runtime_error(std::string("wait for a frame: ") + std::strerror(-result));
    return true;
}

void await_first_frame(const Viewer& viewer) {
    constexpr std::uint64_t timeout = 5'000'000;  // µs
    hvfb_viewer_frame frame = {};
    if (!wait(viewer, timeout, frame)) throw std::runtime_error("no frame within 5 seconds");
}

hvfbd::Picture current_picture(const Viewer& viewer) {
    hvfbd::Picture picture;
    hvfb_viewer_frame frame = {};
    // A frame that comes while the picture is copied may be half in it: copy again, within reason.
    for (int attempt = 0; attempt < 5; ++attempt) {
        hvfb_layout layout = {};
        hvfb_viewer_layout(viewer.get(), &layout);
        picture =
            hvfbd::copy_picture(hvfb_viewer_pixels(viewer.get()), layout.width, layout.height, layout.stride);
        if (!wait(viewer, 0, frame)) break;
    }
    return picture;
}

}  // namespace hvfbctl
