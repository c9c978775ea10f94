#include <hvfb/hvfb.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <span>

#include "commands.h"
#include "picture_file.h"
#include "table.h"
#include "values.h"
#include "viewing.h"

namespace hvfbctl {

namespace {

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
    const Viewer viewer = open_viewer(where);
    await_first_frame(viewer);
    hvfbd::write_png(file, current_picture(viewer));
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
