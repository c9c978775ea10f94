#include "output/uio/display_adapter.h"

#include <algorithm>
#include <array>

#include "base/error.h"

namespace hvfbd::uio {

namespace {

using R = DisplayRegisters;

// The interface's versions: 0xb0c0 to 0xb0c5. Those before 0xb0c2 have no 32 bits a pixel.
constexpr std::uint16_t oldest_id = 0xb0c2, newest_id = 0xb0cf;
constexpr std::uint16_t enabled = 0x01, linear = 0x40;
constexpr std::uint16_t bits = 8 * bytes_per_pixel;

// The order in which they are written: off first, on last.
constexpr std::array written{R::bits_per_pixel, R::x_resolution,   R::y_resolution, R::bank,
                             R::virtual_width,  R::virtual_height, R::x_offset,     R::y_offset};
using Values = std::array<std::uint16_t, written.size()>;

void set(R& registers, const Values& values, std::uint16_t enable) {
    registers.write(R::enable, 0);
    for (std::size_t i = 0; i < written.size(); ++i) registers.write(written[i], values[i]);
    registers.write(R::enable, enable);
}

std::optional<Layout> read(const R& registers) {
    Mode mode{registers.read(R::x_resolution), registers.read(R::y_resolution)};
    try {
        return layout_for(mode, registers.read(R::virtual_width) * bytes_per_pixel);
    } catch (const RequestError&) {
        return std::nullopt;
    }
}

}  // namespace

bool is_display_adapter(const DisplayRegisters& registers) {
    std::uint16_t version = registers.read(R::id);
    return version >= oldest_id && version <= newest_id;
}

std::optional<std::uint64_t> screen_memory(const DisplayRegisters& registers) {
    constexpr std::uint64_t unit = 64 << 10;
    std::uint64_t units = registers.read(R::video_memory_64k);
    if (units == 0 || units == UINT16_MAX) return std::nullopt;
    return units * unit;
}

std::optional<Layout> shown(const DisplayRegisters& registers, std::uint64_t memory) {
    constexpr std::uint16_t wanted = enabled | linear;
    if ((registers.read(R::enable) & wanted) != wanted || registers.read(R::bits_per_pixel) != bits ||
        registers.read(R::x_offset) != 0 || registers.read(R::y_offset) != 0)
        return std::nullopt;
    auto layout = read(registers);
    if (!layout || std::uint64_t{layout->stride} * layout->height > memory) return std::nullopt;
    return layout;
}

bool show(DisplayRegisters& registers, Mode mode) {
    Values before{};
    for (std::size_t i = 0; i < written.size(); ++i) before[i] = registers.read(written[i]);
    std::uint16_t enable_before = registers.read(R::enable);

    auto width = static_cast<std::uint16_t>(mode.width);
    auto height = static_cast<std::uint16_t>(mode.height);
    set(registers, {bits, width, height, 0, width, height, 0, 0}, enabled | linear);
    // An adapter makes of what it cannot show what it can.
    auto layout = shown(registers, UINT64_MAX);
    if (layout && *layout == layout_for(mode)) return true;
    set(registers, before, enable_before);
    return false;
}

std::vector<Mode> usual_modes(std::uint64_t memory) {
    constexpr std::array<Mode, 16> usual{{{640, 480},
                                          {800, 600},
                                          {1024, 768},
                                          {1280, 720},
                                          {1280, 800},
                                          {1280, 1024},
                                          {1440, 900},
                                          {1600, 900},
                                          {1600, 1200},
                                          {1680, 1050},
                                          {1920, 1080},
                                          {1920, 1200},
                                          {2048, 1536},
                                          {2560, 1440},
                                          {2560, 1600},
                                          {3840, 2160}}};
    std::vector<Mode> modes;
    std::copy_if(usual.begin(), usual.end(), std::back_inserter(modes), [&](Mode mode) {
        return std::uint64_t{mode.width} * mode.height * bytes_per_pixel <= memory;
    });
    return modes;
}

}  // namespace hvfbd::uio
