#pragma once

#include <cstdint>

#include "monotonic.h"
#include "tracking/pages.h"

namespace hvfb {

// Which parts of the buffer are hot: written so often that they are left open and compared instead. Pure.
class Granules {
  public:
    Granules() = default;
    Granules(const Granules&) = delete;
    Granules& operator=(const Granules&) = delete;
    ~Granules();

    // Makes them, all cold, for a buffer of `pages`. False: no memory. A scan that finds fewer than
    // `hot_from` makes none hot.
    [[nodiscard]] bool resize(std::uint32_t pages, std::uint32_t hot_from);
    void forget();  // all cold, never written

    // A scan found these pages written.
    void written(Pages run);
    // Ends a scan: what it found twice within the window becomes hot.
    void promote(Nanoseconds now);
    // Comparing showed that these pages, or all, had changed.
    void differed(Pages run, Nanoseconds now);
    // What is hot and has not changed for long enough is cold from now on, and `cooled` until the next call.
    void cool(Nanoseconds now);

    // The first run at or after `page` of cold pages; its count is 0 if there is none. The same for hot, and
    // cooled.
    Pages next_cold(std::uint32_t page) const;
    Pages next_hot(std::uint32_t page) const;
    Pages next_cooled(std::uint32_t page) const;
    bool cooled(std::uint32_t page) const;

    std::uint32_t count() const { return count_; }

  private:
    struct Granule {
        Nanoseconds last_written, last_differed;  // 0: never
        std::uint32_t written;                    // pages, in this scan
        bool hot, cooled;
    };
    template <typename Predicate>
    Pages next(std::uint32_t page, Predicate predicate) const;

    Granule* granules_ = nullptr;
    std::uint32_t count_ = 0, pages_ = 0, hot_from_ = 0;
};

}  // namespace hvfb
