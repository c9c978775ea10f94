#pragma once

#include <array>
#include <cstdint>

namespace console {

// Pixels of the 16 colours, in the order of the escape sequences: black, red, green, yellow, blue, magenta,
// cyan, white, and the bright ones.
using Palette = std::array<std::uint32_t, 16>;

inline constexpr Palette default_palette = {0x000000, 0xaa0000, 0x00aa00, 0xaa5500, 0x0000aa, 0xaa00aa,
                                            0x00aaaa, 0xaaaaaa, 0x555555, 0xff5555, 0x55ff55, 0xffff55,
                                            0x5555ff, 0xff55ff, 0x55ffff, 0xffffff};

}  // namespace console
