#pragma once

#include <cstdint>
#include <span>

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

    // Makes them, all cold, for a buffer of `pages` of `page_size` bytes each. False: no memory. A scan that
    // finds fewer than `hot_from` makes none hot.
    [[nodiscard]] bool resize(std::uint32_t pages, std::uint32_t page_size, std::uint32_t hot_from);
    void forget();  // all cold, never written

    // A scan found these pages written. True: that is news. Those that are `cooled` were open all the time.
    bool written(Pages run);
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
    template <typename Act>
    void each_cold(const Act& act) const {
        each_run([this](std::uint32_t page) { return next_cold(page); }, act);
    }
    template <typename Act>
    void each_hot(const Act& act) const {
        each_run([this](std::uint32_t page) { return next_hot(page); }, act);
    }
    template <typename Act>
    void each_cooled(const Act& act) const {
        each_run([this](std::uint32_t page) { return next_cooled(page); }, act);
    }
    bool cooled(std::uint32_t page) const;

    std::size_t count() const { return granules_.size(); }

  private:
    struct Granule {
        Nanoseconds last_written, last_differed;  // long ago: never
        std::uint32_t written;                    // pages, in this scan
        bool hot, cooled;
    };
    template <typename Predicate>
    Pages next(std::uint32_t page, Predicate predicate) const;

    std::span<Granule> granules_;
    std::uint32_t pages_ = 0, hot_from_ = 0;
    // Of the constants, in pages: of one granule, and of a block how many make it hot as a whole.
    std::uint32_t granule_pages_ = 1, block_written_pages_ = 0;
    std::size_t block_granules_ = 1;
};

}  // namespace hvfb
