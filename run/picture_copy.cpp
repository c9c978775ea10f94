#include "run/picture_copy.h"

#include <cstring>

namespace fbdev {
namespace {

PixelKind kind_of(const FbDevice& device) {
    if (device.var().bits_per_pixel == 16) return PixelKind::rgb565;
    return device.bgr() ? PixelKind::xbgr32 : PixelKind::xrgb32;
}

std::size_t visible_size(const FbDevice& device) {
    return std::size_t{device.fix().line_length} * device.var().yres;
}

std::size_t row_size(const FbDevice& device) {
    return std::size_t{device.var().xres} * (device.var().bits_per_pixel / 8);
}

const std::byte* row_of(const FbDevice& device, const std::byte* memory, std::uint32_t y) {
    return memory + (std::size_t{device.var().yoffset} + y) * device.fix().line_length;
}

}  // namespace

std::size_t PictureCopy::needed(const FbDevice& device, const ShownPixels& shown) {
    return visible_size(device) + std::size_t{shown.width} * 4;
}

void PictureCopy::begin(const FbDevice& device, const ShownPixels& shown, std::uint32_t scale,
                        std::byte* seen, const std::byte* memory) {
    placement_ = centred(device.var().xres, device.var().yres, scale, shown.width, shown.height);
    seen_ = seen;
    const std::byte* const from = row_of(device, memory, 0);
    for (std::size_t i = 0; i < visible_size(device); ++i) seen_[i] = ~from[i];
}

bool PictureCopy::differs(const FbDevice& device, const std::byte* memory, std::uint32_t y) const {
    return std::memcmp(row_of(device, memory, y), seen_ + std::size_t{y} * device.fix().line_length,
                       row_size(device)) != 0;
}

void PictureCopy::copy_row(const FbDevice& device, const ShownPixels& shown, const std::byte* memory,
                           std::uint32_t y) {
    std::byte* const seen = seen_ + std::size_t{y} * device.fix().line_length;
    auto* const converted = reinterpret_cast<std::uint32_t*>(seen_ + visible_size(device));
    // Once: the program may store meanwhile, and that is found the next time.
    std::memcpy(seen, row_of(device, memory, y), row_size(device));
    convert_row(kind_of(device), seen, device.var().xres, placement_.scale, converted);
    const std::size_t size = std::size_t{device.var().xres} * placement_.scale * 4;
    for (std::uint32_t again = 0; again < placement_.scale; ++again) {
        const std::size_t shown_y = std::size_t{placement_.y} + std::size_t{y} * placement_.scale + again;
        std::byte* const to = shown.pixels + shown_y * shown.stride + std::size_t{placement_.x} * 4;
        if (std::memcmp(to, converted, size) != 0) std::memcpy(to, converted, size);
    }
}

}  // namespace fbdev
