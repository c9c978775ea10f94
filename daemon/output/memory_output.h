#pragma once

#include "output/output.h"

namespace hvfbd {

// A display without a screen: front is all there is, and viewers look at it. Shown until a viewer has been
// attached, from then on only while one is. Takes any mode.
class MemoryOutput : public Output {
  public:
    // `row_padding`: pixels that each row is longer in memory than on the screen.
    explicit MemoryOutput(Mode mode, std::uint32_t row_padding = 0);

    std::string_view name() const override { return "memory"; }
    Layout layout() const override { return layout_; }
    std::vector<Mode> modes() const override { return {}; }
    std::span<std::byte> scanout() override { return {}; }
    Presented present(std::span<const Rectangle>) override { return Presented::done; }
    bool visible() const override { return visible_; }
    void viewers_changed(std::size_t count) noexcept override;
    void set_mode(Mode mode) override;

  private:
    std::uint32_t row_padding_;
    Layout layout_;
    bool visible_ = true;
};

}  // namespace hvfbd
