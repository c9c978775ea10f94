#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/layout.h"
#include "base/rectangle.h"
#include "base/region.h"

namespace hvfbd {

// Where to compare: the parts of a surface that may have changed since that was last done. Its memory is
// bounded, whatever is added.
class DamageHints {
  public:
    explicit DamageHints(const Layout& layout, std::size_t page = page_size())
        : layout_(layout), page_(page) {}

    void add_everything();
    void add_pages(std::uint64_t first, std::uint64_t count);  // clipped to the buffer
    void add_rectangle(Rectangle rectangle);                   // clipped to the surface
    void merge(const DamageHints& other);
    void clear();

    bool empty() const { return !everything_ && pieces_.empty() && region_.empty(); }
    bool everything() const { return everything_; }
    std::int64_t pixels() const;
    // Not overlapping, sorted top-down; valid until something is added.
    std::span<const Rectangle> rectangles() const;

  private:
    void add(Rectangle rectangle);
    void gather() const;

    Layout layout_;
    std::uint64_t page_;
    bool everything_ = false;
    mutable std::vector<Rectangle> pieces_;  // not yet gathered
    mutable Region region_;
};

}  // namespace hvfbd
