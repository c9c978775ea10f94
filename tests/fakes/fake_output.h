#pragma once

#include <cstring>
#include <string>
#include <vector>

#include "base/error.h"
#include "output/output.h"

namespace hvfbd::testing {

// A screen with memory of its own and a host that copies what is submitted: the host's picture is updated
// from scanout only inside submitted rectangles, so damage that was copied but not submitted shows as a
// difference.
class FakeOutput : public Output {
  public:
    explicit FakeOutput(const Layout& layout) { take(layout); }

    // ---- what the world does
    void set_visible(bool visible) {
        visible_ = visible;
        changed();
    }
    void refuse_next(int presents) { refuse_ = presents; }
    void set_modes(const std::vector<Mode>& modes) {
        modes_ = modes;
        changed();
    }
    void take_at_most(std::size_t rectangles) { most_rectangles_ = rectangles; }
    void set_saved(const std::string& saved) { saved_ = saved; }
    void forget_host_picture() { std::fill(host_.begin(), host_.end(), std::byte{0xee}); }

    // ---- what was submitted
    const std::vector<std::vector<Rectangle>>& submitted() const { return submitted_; }
    std::span<const std::byte> host_picture() const { return host_; }
    std::size_t viewers() const { return viewers_; }
    bool ignores_hidden() const { return ignores_hidden_; }
    template <typename Picture>
    bool host_equals(const Picture& front) const {
        if (front.layout() != layout_) return false;
        for (std::uint32_t y = 0; y < layout_.height; ++y) {
            std::size_t at = layout_.offset(0, y), bytes = std::size_t{layout_.width} * bytes_per_pixel;
            if (std::memcmp(front.bytes().data() + at, host_.data() + at, bytes) != 0) return false;
            if (std::memcmp(front.bytes().data() + at, scanout_.data() + at, bytes) != 0) return false;
        }
        return true;
    }

    std::string_view name() const override { return "fake"; }
    Layout layout() const override { return layout_; }
    std::vector<Mode> modes() const override { return modes_; }
    std::span<std::byte> scanout() override { return scanout_; }
    std::size_t most_rectangles() const override { return most_rectangles_; }
    Presented present(std::span<const Rectangle> rectangles) override {
        if (refuse_ > 0) {
            --refuse_;
            return Presented::refused;
        }
        for (const Rectangle& r : rectangles) {
            if (r.empty() || intersection(r, layout_.rectangle()) != r)
                throw std::logic_error("a rectangle that is empty or not on the screen was submitted");
            for (auto y = static_cast<std::uint32_t>(r.top); y < static_cast<std::uint32_t>(r.bottom); ++y) {
                std::size_t at = layout_.offset(static_cast<std::uint32_t>(r.left), y);
                std::memcpy(host_.data() + at, scanout_.data() + at,
                            static_cast<std::size_t>(r.width()) * bytes_per_pixel);
            }
        }
        // Bounded, for tests that run long.
        if (submitted_.size() > 1000) submitted_.erase(submitted_.begin(), submitted_.begin() + 500);
        submitted_.emplace_back(rectangles.begin(), rectangles.end());
        return Presented::done;
    }
    bool visible() const override { return visible_; }
    std::string save() const override { return saved_; }
    void ignore_hidden(bool ignore) override { ignores_hidden_ = ignore; }
    void viewers_changed(std::size_t count) noexcept override { viewers_ = count; }
    void set_mode(Mode mode) override {
        if (mode.width > 4096)
            throw RequestError(RequestError::Kind::no_such_mode, "the fake screen is at most 4096 wide");
        take(layout_for(mode));
        changed();
    }

  private:
    void take(const Layout& layout) {
        layout_ = layout;
        scanout_.assign(layout.size, std::byte{0xcc});
        host_.assign(layout.size, std::byte{0xee});
    }

    Layout layout_;
    std::vector<std::byte> scanout_, host_;
    std::vector<std::vector<Rectangle>> submitted_;
    std::vector<Mode> modes_;
    std::string saved_;
    std::size_t viewers_ = 0, most_rectangles_ = 1000;
    int refuse_ = 0;
    bool visible_ = true, ignores_hidden_ = false;
};

}  // namespace hvfbd::testing
