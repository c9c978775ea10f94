#pragma once

#include <cstdint>
#include <span>

namespace console {

// A PSF font for machines that have none, compressed by gzip: 8x16 pixels, of letters of Europe, boxes and
// symbols. It is in the public domain.
std::span<const std::uint8_t> built_in_font();

}  // namespace console
