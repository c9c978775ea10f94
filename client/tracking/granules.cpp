#include "tracking/granules.h"

#include <algorithm>
#include <cstdlib>

#include "tracking/constants.h"

namespace hvfb {

Granules::~Granules() {
    std::free(granules_.data());
}

bool Granules::resize(std::uint32_t pages, std::uint32_t page_size, std::uint32_t hot_from) {
    std::free(granules_.data());
    granule_pages_ = constants::pages_of(constants::granule_bytes, page_size);
    block_granules_ = constants::pages_of(constants::block_bytes, page_size) / granule_pages_;
    block_written_pages_ =
        std::max(constants::block_written_bytes / page_size, constants::block_written_least_pages);
    const std::size_t count = pages / granule_pages_ + std::size_t{pages % granule_pages_ != 0};
    auto* memory = static_cast<Granule*>(std::calloc(count, sizeof(Granule)));
    granules_ = memory ? std::span(memory, count) : std::span<Granule>();
    pages_ = memory ? pages : 0;  // mutants: no test is out of memory
    hot_from_ = hot_from;
    return memory;
}

void Granules::forget() {
    std::fill(granules_.begin(), granules_.end(), Granule{});
}

bool Granules::written(Pages run) {
    run = run.within(pages_);
    bool news = false;
    for (std::uint32_t page = run.first; page < run.end();) {
        Granule& granule = granules_[page / granule_pages_];
        const std::uint32_t count = std::min(granule_pages_ - page % granule_pages_, run.end() - page);
        if (!granule.cooled) {
            granule.written += count;
            news = true;
        }
        page += count;
    }
    return news;
}

void Granules::promote(Nanoseconds now) {
    const auto sum = [](std::span<const Granule> granules) {
        std::uint32_t written = 0;
        for (const Granule& granule : granules) written += granule.written;
        return written;
    };
    const bool enough = sum(granules_) >= hot_from_;
    for (std::span<Granule> rest = granules_; !rest.empty();) {
        const auto block = rest.first(std::min(block_granules_, rest.size()));
        rest = rest.subspan(block.size());
        const bool whole = sum(block) >= block_written_pages_;
        for (Granule& granule : block) {
            const bool counts = enough && (whole || granule.written > 0);
            granule.written = 0;
            if (!counts || granule.hot) continue;
            granule.hot = now - granule.last_written <= constants::hot_window;
            granule.last_written = granule.last_differed = now;
        }
    }
}

void Granules::differed(Pages run, Nanoseconds now) {
    run = run.within(pages_);
    for (std::uint32_t page = run.first; page < run.end(); page += granule_pages_ - page % granule_pages_)
        granules_[page / granule_pages_].last_differed = now;
}

void Granules::cool(Nanoseconds now) {
    for (Granule& granule : granules_) {
        const bool cools = granule.hot && now - granule.last_differed >= constants::cold_after;
        if (cools) granule = {};
        granule.cooled = cools;
    }
}

bool Granules::cooled(std::uint32_t page) const {
    return granules_[page / granule_pages_].cooled;
}

template <typename Predicate>
Pages Granules::next(std::uint32_t page, Predicate predicate) const {
    page = std::min(page, pages_);
    const auto first = std::find_if(granules_.begin() + page / granule_pages_, granules_.end(), predicate);
    const auto past = std::find_if_not(first, granules_.end(), predicate);
    const auto start = [&](auto granule) {
        return std::clamp(static_cast<std::uint32_t>(granule - granules_.begin()) * granule_pages_, page,
                          pages_);
    };
    return {start(first), start(past) - start(first)};
}

Pages Granules::next_cold(std::uint32_t page) const {
    return next(page, [](const Granule& granule) { return !granule.hot; });
}

Pages Granules::next_hot(std::uint32_t page) const {
    return next(page, [](const Granule& granule) { return granule.hot; });
}

Pages Granules::next_cooled(std::uint32_t page) const {
    return next(page, [](const Granule& granule) { return granule.cooled; });
}

}  // namespace hvfb
