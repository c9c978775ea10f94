#include "tracking/pages.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace hvfb {

namespace {

constexpr std::uint32_t word_bits = 64;

std::size_t word_count(std::uint32_t size) {
    return (std::size_t{size} + word_bits - 1) / word_bits;
}

}  // namespace

void PageList::add(Pages run) {
    if (run.count == 0) return;
    if (count_ > 0 && run.first <= runs_[count_ - 1].end()) {
        runs_[count_ - 1].count = std::max(runs_[count_ - 1].end(), run.end()) - runs_[count_ - 1].first;
        return;
    }
    if (count_ < capacity) {
        runs_[count_++] = run;
        return;
    }
    // The new run takes part: index `best` joins runs_[best] with what follows it.
    std::size_t best = count_ - 1;
    std::uint32_t smallest = run.first - runs_[count_ - 1].end();
    for (std::size_t i = 0; i + 1 < count_; ++i) {
        const std::uint32_t gap = runs_[i + 1].first - runs_[i].end();
        if (gap < smallest) {
            smallest = gap;
            best = i;
        }
    }
    if (best == count_ - 1) {
        runs_[best].count = run.end() - runs_[best].first;
        return;
    }
    runs_[best].count = runs_[best + 1].end() - runs_[best].first;
    std::copy(runs_.begin() + static_cast<std::ptrdiff_t>(best) + 2, runs_.end(),
              runs_.begin() + static_cast<std::ptrdiff_t>(best) + 1);
    runs_[count_ - 1] = run;
}

PageSet::PageSet(PageSet&& other) noexcept
    : words_(std::exchange(other.words_, nullptr)), size_(std::exchange(other.size_, 0)) {}

PageSet& PageSet::operator=(PageSet&& other) noexcept {
    if (this != &other) {
        std::free(words_);
        words_ = std::exchange(other.words_, nullptr);
        size_ = std::exchange(other.size_, 0);
    }
    return *this;
}

PageSet::~PageSet() {
    std::free(words_);
}

bool PageSet::resize(std::uint32_t count) {
    std::free(words_);
    words_ = static_cast<std::uint64_t*>(std::calloc(word_count(count) + 1, sizeof(std::uint64_t)));
    size_ = words_ ? count : 0;
    return words_;
}

void PageSet::add(Pages run) {
    if (run.first >= size_) return;
    std::uint32_t page = run.first;
    const std::uint32_t end = run.count > size_ - run.first ? size_ : run.end();
    while (page < end) {
        const std::uint32_t bit = page % word_bits, bits = std::min(word_bits - bit, end - page);
        words_[page / word_bits] |= (~std::uint64_t{0} >> (word_bits - bits)) << bit;
        page += bits;
    }
}

void PageSet::clear() {
    if (words_) std::memset(words_, 0, word_count(size_) * sizeof(std::uint64_t));
}

std::uint32_t PageSet::next(std::uint32_t page, bool member) const {
    while (page < size_) {
        const std::uint64_t word = member ? words_[page / word_bits] : ~words_[page / word_bits];
        const std::uint64_t rest = word >> (page % word_bits);
        if (rest != 0) return std::min(size_, page + static_cast<std::uint32_t>(std::countr_zero(rest)));
        page = (page / word_bits + 1) * word_bits;
    }
    return size_;
}

Pages PageSet::next_run(std::uint32_t page) const {
    const std::uint32_t first = next(page, true);
    return {first, next(first, false) - first};
}

}  // namespace hvfb
