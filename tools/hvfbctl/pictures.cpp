#include <hvfb/hvfb.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>

#include "bus.h"
#include "commands.h"
#include "picture_file.h"
#include "table.h"
#include "user_name.h"
#include "values.h"

namespace hvfbctl {

namespace {

constexpr std::uint64_t first_frame_timeout = 5'000'000;  // µs

struct CloseViewer {
    void operator()(hvfb_viewer* viewer) const { hvfb_viewer_close(viewer); }
};
using Viewer = std::unique_ptr<hvfb_viewer, CloseViewer>;

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

// Nothing if there was no frame within `timeout` µs; else the frame.
bool wait(const Viewer& viewer, std::uint64_t timeout, hvfb_viewer_frame& frame) {
    const int result = hvfb_viewer_wait(viewer.get(), timeout, &frame);
    if (result == -ETIME) return false;
    if (result == -ENOTCONN) throw std::runtime_error("hvfbd closed the view");
    if (result < 0) throw std::runtime_error(std::string("wait for a frame: ") + std::strerror(-result));
    return true;
}

hvfbd::Picture take_picture(const Where& where) {
    const Viewer viewer = open_viewer(where);
    hvfb_viewer_frame frame = {};
    // The first one is of a look after the view was opened: a display that was hidden is up to date too.
    if (!wait(viewer, first_frame_timeout, frame)) throw std::runtime_error("no frame within 5 seconds");
    hvfbd::Picture picture;
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

std::string describe(const hvfb_viewer_frame& frame) {
    std::uint64_t pixels = 0;
    std::uint32_t left = UINT32_MAX, top = UINT32_MAX, right = 0, bottom = 0;
    for (const hvfb_rect& rect : std::span(frame.rects, frame.count)) {
        pixels += std::uint64_t{rect.width} * rect.height;
        left = std::min(left, rect.x);
        top = std::min(top, rect.y);
        right = std::max(right, rect.x + rect.width);
        bottom = std::max(bottom, rect.y + rect.height);
    }
    std::string line = counted(frame.count, "rectangle") + ", " + counted(pixels, "pixel");
    if (frame.count > 0)
        line += ", within " + std::to_string(right - left) + "x" + std::to_string(bottom - top) + "+" +
                std::to_string(left) + "+" + std::to_string(top);
    return line;
}

nlohmann::ordered_json frame_json(const hvfb_viewer_frame& frame) {
    auto rectangles = nlohmann::ordered_json::array();
    for (const hvfb_rect& rect : std::span(frame.rects, frame.count))
        rectangles.push_back({{"X", rect.x}, {"Y", rect.y}, {"Width", rect.width}, {"Height", rect.height}});
    return {{"Frame", frame.frame}, {"TimeNSec", frame.time}, {"Rectangles", std::move(rectangles)}};
}

// The format that a file of this name would be taken for, where that is not PNG. Empty: the name ends in
// .png, or in nothing that says a format.
std::string other_picture_format(const std::string& file) {
    constexpr std::array formats = {"JPG", "JPEG", "GIF", "BMP",  "TIF",  "TIFF", "WEBP", "PPM", "PNM",
                                    "XPM", "SVG",  "PDF", "AVIF", "HEIC", "JXL",  "ICO",  "TGA", "PCX"};
    std::string extension = std::filesystem::path(file).extension();
    if (extension.empty()) return {};
    extension.erase(0, 1);
    std::ranges::transform(extension, extension.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    return std::ranges::find(formats, extension) == formats.end() ? "" : extension;
}

}  // namespace

void take_screenshot(const Where& where, const std::string& file) {
    if (const std::string format = other_picture_format(file); !format.empty())
        throw UsageError("\"" + file + "\" names a " + format +
                         " file; a screenshot is a PNG file: end the name in .png, or use - and a program "
                         "that converts it");
    if (file == "-" && isatty(STDOUT_FILENO) != 0)
        throw UsageError("a terminal cannot show a PNG file: name a file, or use a pipe");
    hvfbd::write_png(file, take_picture(where));
}

void watch_damage(const Where& where, unsigned count, bool json) {
    const Viewer viewer = open_viewer(where);
    std::uint64_t before = 0;
    for (unsigned seen = 0; count == 0 || seen < count; ++seen) {
        hvfb_viewer_frame frame = {};
        while (!wait(viewer, UINT32_MAX, frame)) {
        }
        if (json)
            std::cout << as_text(frame_json(frame)) << '\n' << std::flush;
        else
            std::cout << "frame " << frame.frame << "  "
                      << (before == 0 ? "start" : "+" + duration(static_cast<double>(frame.time - before)))
                      << "  " << describe(frame) << '\n'
                      << std::flush;
        if (!std::cout) return;
        before = frame.time;
    }
}

}  // namespace hvfbctl
