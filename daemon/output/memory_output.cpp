#include "output/memory_output.h"

namespace hvfbd {

namespace {

Layout padded(Mode mode, std::uint32_t row_padding) {
    Layout plain = layout_for(mode);
    return layout_for(mode, plain.stride + row_padding * bytes_per_pixel);
}

}  // namespace

MemoryOutput::MemoryOutput(Mode mode, std::uint32_t row_padding)
    : row_padding_(row_padding), layout_(padded(mode, row_padding)) {}

void MemoryOutput::viewers_changed(std::size_t count) noexcept {
    // The first call comes when there has been a viewer: from then on "nobody looks" is known.
    visible_ = count > 0;
    changed();
}

void MemoryOutput::set_mode(Mode mode) {
    layout_ = padded(mode, row_padding_);
    changed();
}

}  // namespace hvfbd
