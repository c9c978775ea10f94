#pragma once

#include <filesystem>
#include <memory>

#include "workload.h"

namespace hvfbd::bench {

// What a real program drew, replayed: recordings/record makes them. A file holds "HVFBREC1", then as
// little-endian numbers of 32 bits: width, height, frames a second, number of frames, number of colours; the
// colours; and, compressed by zlib, for each frame: the rows by which the picture is first moved up and the
// number of boxes (16 bits each), and for each box x, y, width, height (16 bits each) and the number of a
// colour (8 bits) for each of its pixels. Throws std::runtime_error if the file is no such thing.
std::unique_ptr<Workload> recording(const char* name, const std::filesystem::path& file);

}  // namespace hvfbd::bench
