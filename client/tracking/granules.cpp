#include "tracking/granules.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "tracking/constants.h"

namespace hvfb {

using constants::granule_pages;

Granules::~Granules() {
    std::free(granules_);
}

bool Granules::resize(std::uint32_t pages, std::uint32_t hot_from) {
    hot_from_ = hot_from;
    std::free(granules_);
    pages_ = pages;
    count_ = (pages + granule_pages - 1) / granule_pages;
    granules_ = static_cast<Granule*>(std::calloc(std::size_t{count_} + 1, sizeof(Granule)));
    return granules_;
}

void Granules::forget() {
    std::memset(static_cast<void*>(granules_), 0, count_ * sizeof(Granule));
}

void Granules::written(Pages run) {
    for (std::uint32_t page = run.first; page < std::min(run.end(), pages_);) {
        const std::uint32_t granule = page / granule_pages;
        const std::uint32_t end = std::min((granule + 1) * granule_pages, run.end());
        granules_[granule].written += end - page;
        page = end;
    }
}

void Granules::promote(Nanoseconds now) {
    const std::uint32_t block = constants::block_pages / granule_pages;
    std::uint32_t all = 0;
    for (std::uint32_t i = 0; i < count_; ++i) all += granules_[i].written;
    if (all < hot_from_) {
        for (std::uint32_t i = 0; all > 0 && i < count_; ++i) granules_[i].written = 0;
        return;
    }
    for (std::uint32_t first = 0; first < count_; first += block) {
        const std::uint32_t end = std::min(first + block, count_);
        std::uint32_t written = 0;
        for (std::uint32_t i = first; i < end; ++i) written += granules_[i].written;
        for (std::uint32_t i = first; written > 0 && i < end; ++i) {
            Granule& granule = granules_[i];
            const bool counts = granule.written > 0 || written >= constants::block_written_pages;
            granule.written = 0;
            if (!counts || granule.hot) continue;
            if (granule.last_written != 0 && now - granule.last_written <= constants::hot_window) {
                granule.hot = true;
                granule.last_differed = now;
            }
            granule.last_written = now;
        }
    }
}

void Granules::differed(Pages run, Nanoseconds now) {
    if (run.count == 0 || run.first >= pages_) return;
    const std::uint32_t last = run.count > pages_ - run.first ? pages_ - 1 : run.end() - 1;
    for (std::uint32_t i = run.first / granule_pages; i <= last / granule_pages; ++i)
        granules_[i].last_differed = now;
}

void Granules::cool(Nanoseconds now) {
    for (std::uint32_t i = 0; i < count_; ++i) {
        Granule& granule = granules_[i];
        granule.cooled = granule.hot && now - granule.last_differed >= constants::cold_after;
        if (!granule.cooled) continue;
        granule.hot = false;
        granule.last_written = 0;
    }
}

bool Granules::cooled(std::uint32_t page) const {
    return page < pages_ && granules_[page / granule_pages].cooled;
}

template <typename Predicate>
Pages Granules::next(std::uint32_t page, Predicate predicate) const {
    if (page >= pages_) return {pages_, 0};
    std::uint32_t first = page / granule_pages;
    while (first < count_ && !predicate(granules_[first])) ++first;
    std::uint32_t end = first;
    while (end < count_ && predicate(granules_[end])) ++end;
    const std::uint32_t first_page = std::max(page, std::min(first * granule_pages, pages_));
    return {first_page, std::min(end * granule_pages, pages_) - first_page};
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
