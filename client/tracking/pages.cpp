#include "tracking/pages.h"

#include <bit>
#include <cstdlib>

namespace hvfb {

namespace {

constexpr std::uint32_t word_bits = 64;

}  // namespace

void PageList::add(Pages run) {
    if (run.count == 0) return;
    runs_[count_++] = run;
    if (count_ <= capacity) return;
    const auto gap_after = [this](std::size_t i) { return runs_[i + 1].first - runs_[i].end(); };
    std::size_t best = 0;
    for (std::size_t i = 1; i < capacity; ++i)
        // mutants: of gaps that are as wide any may be closed.
        if (gap_after(i) < gap_after(best)) best = i;
    runs_[best].count = runs_[best + 1].end() - runs_[best].first;
    for (std::size_t i = best + 1; i < capacity; ++i) runs_[i] = runs_[i + 1];
    count_ = capacity;
}

PageSet::~PageSet() {
    std::free(words_.data());
}

bool PageSet::resize(std::uint32_t count) {
    std::free(words_.data());
    const std::size_t words = count / word_bits + std::size_t{count % word_bits != 0};
    auto* memory = static_cast<std::uint64_t*>(std::calloc(words, sizeof(std::uint64_t)));
    words_ = memory ? std::span(memory, words) : std::span<std::uint64_t>();
    size_ = memory ? count : 0;  // mutants: no test is out of memory
    return memory;
}

void PageSet::add(Pages run) {
    run = run.within(size_);
    for (std::uint32_t page = run.first; page < run.end();) {
        const std::uint32_t last = std::min(run.end() - 1, page | (word_bits - 1));
        words_[page / word_bits] |=
            ~std::uint64_t{0} << page % word_bits & ~std::uint64_t{0} >> (word_bits - 1 - last % word_bits);
        page = last + 1;
    }
}

void PageSet::clear() {
    std::fill(words_.begin(), words_.end(), 0);
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
