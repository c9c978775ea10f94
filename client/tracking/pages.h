#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace hvfb {

// Pages of the buffer that follow each other, counted from its start.
struct Pages {
    std::uint32_t first = 0, count = 0;

    std::uint32_t end() const { return first + count; }
    bool contains(std::uint32_t page) const { return page >= first && page < end(); }
    // Those of them that a buffer of `size` pages has; their end may lie beyond any number.
    Pages within(std::uint32_t size) const {
        const std::uint32_t begin = std::min(first, size);
        return {begin, std::min(count, size - begin)};
    }
    bool operator==(const Pages&) const = default;
};

// Calls `act` with each run that `next` gives: the first at or after a page, with a count of 0 if there is
// none.
template <typename Next, typename Act>
void each_run(const Next& next, const Act& act) {
    for (Pages run = next(0U); run.count > 0; run = next(run.end())) act(run);
}

// A list of runs that a message can carry. Where there are too many the ones with the smallest gap between
// them are joined: the list always covers what was added.
class PageList {
  public:
    static constexpr std::size_t capacity = 64;

    // Adds a run that begins where the last one ended, or after it.
    void add(Pages run);
    std::span<const Pages> runs() const { return {runs_.data(), count_}; }

  private:
    std::array<Pages, capacity + 1> runs_{};  // one more while two of them are joined
    std::size_t count_ = 0;
};

// A set of pages. Its memory is taken when it is made and never grows.
class PageSet {
  public:
    PageSet() = default;
    PageSet(const PageSet&) = delete;
    PageSet& operator=(const PageSet&) = delete;
    ~PageSet();

    // Makes the set, empty, for pages below `count`. False: no memory.
    [[nodiscard]] bool resize(std::uint32_t count);

    // What lies beyond the size is ignored.
    void add(Pages run);
    void clear();
    bool empty() const { return next(0, true) == size_; }
    // The first run at or after `page`; its count is 0 if there is none.
    Pages next_run(std::uint32_t page) const;
    template <typename Act>
    void each(const Act& act) const {
        each_run([this](std::uint32_t page) { return next_run(page); }, act);
    }

  private:
    std::uint32_t next(std::uint32_t page, bool member) const;

    std::span<std::uint64_t> words_;
    std::uint32_t size_ = 0;
};

}  // namespace hvfb
