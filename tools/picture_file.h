#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "output_file.h"

namespace hvfbd {

// A picture in this program's own memory: XRGB8888, rows without padding.
struct Picture {
    std::uint32_t width = 0, height = 0;  // pixels
    std::vector<std::uint32_t> pixels;    // width * height, 0x00RRGGBB
};

// Copies a picture out of a mapping; `stride` is the mapping's, in bytes.
Picture copy_picture(const void* pixels, std::uint32_t width, std::uint32_t height, std::size_t stride);

// Reads a PNG file of any kind; what is transparent in it comes out black. Throws std::runtime_error that
// names the file.
Picture read_png(const std::string& path);

// Writes `picture` as a PNG file, as write_output() does; "-" is the standard output. Throws
// std::runtime_error that names the file.
void write_png(const std::string& path, const Picture& picture, Reader reader = Reader::waited_for);

}  // namespace hvfbd
