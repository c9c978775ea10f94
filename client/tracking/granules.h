#pragma once

#include <cstdint>
#include <span>

#include "monotonic.h"
#include "tracking/pages.h"
#include "tracking/prices.h"

namespace hvfb {

// Which parts of the buffer are hot: left open and compared instead of protected. What was written stays
// open until comparing it without finding a difference has cost as much as the faults that protecting it
// may cause (ski rental: decision 0277), at most twice the cost of a policy that knows the next store. Pure.
class Granules {
  public:
    Granules() = default;
    Granules(const Granules&) = delete;
    Granules& operator=(const Granules&) = delete;
    ~Granules();

    // Makes them, all cold, for a buffer of `pages` of `page_size` bytes each. False: no memory.
    [[nodiscard]] bool resize(std::uint32_t pages, std::uint32_t page_size, const Prices& prices);
    void price(const Prices& prices);
    void forget();  // all cold, never written

    // A scan found these pages written. True: that is news. Those that are `cooled` were open all the time.
    bool written(Pages run);
    // Ends a scan: what it found becomes hot where one comparison is not dearer than its faults were, and is
    // `fresh` until the next call.
    void promote(Nanoseconds now);
    // Comparing showed that these pages, or all, had changed; what else was compared until now had not.
    void differed(Pages run, Nanoseconds now);
    // What is hot is compared once more. What has cost enough is cold from now on, and `cooled` until the
    // next call.
    void cool(Nanoseconds now, bool only_open = false);

    // The first run at or after `page` of cold pages; its count is 0 if there is none. The same for hot,
    // fresh, and cooled.
    Pages next_cold(std::uint32_t page) const;
    Pages next_hot(std::uint32_t page) const;
    Pages next_fresh(std::uint32_t page) const;
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
    void each_fresh(const Act& act) const {
        each_run([this](std::uint32_t page) { return next_fresh(page); }, act);
    }
    template <typename Act>
    void each_cooled(const Act& act) const {
        each_run([this](std::uint32_t page) { return next_cooled(page); }, act);
    }
    bool cooled(std::uint32_t page) const;

    std::size_t count() const { return granules_.size(); }

  private:
    struct Granule {
        Nanoseconds since;         // when it became hot, or differed last
        Nanoseconds compare_cost;  // of comparing it since then
        Nanoseconds fault_cost;    // of the faults that protecting it may cause
        std::uint32_t written;     // pages, in this scan
        std::uint32_t differed;    // pages, since it was compared last
        bool hot, fresh, cooled;
    };
    template <typename Predicate>
    Pages next(std::uint32_t page, Predicate predicate) const;
    bool worth_reports() const;
    Nanoseconds fault_cost_of(std::uint32_t pages) const;

    std::span<Granule> granules_;
    std::uint32_t pages_ = 0, granule_pages_ = 1;
    Prices prices_;
    Nanoseconds one_compare_ = 0;  // the cost of comparing a granule once
    Nanoseconds compared_at_ = 0;  // when the daemon last said what differed
};

}  // namespace hvfb
