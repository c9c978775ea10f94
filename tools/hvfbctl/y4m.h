#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "picture_file.h"

namespace hvfbctl {

// YUV4MPEG2, a stream of frames that video programs read from a pipe. It has no time stamps: so many frames
// are a second. A colour for each pixel (C444), by BT.601, which its readers expect.
std::string y4m_header(std::uint32_t width, std::uint32_t height, unsigned rate);
std::vector<std::byte> y4m_frame(const hvfbd::Picture& picture);

// How many frames are to be written within that time of the first one, with it: ns, frames a second.
std::uint64_t frames_due(std::uint64_t since_first, unsigned rate);

}  // namespace hvfbctl
