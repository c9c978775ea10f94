#include "tracking/granules.h"

#include <algorithm>
#include <cstdlib>

#include "tracking/constants.h"

namespace hvfb {

Granules::~Granules() {
    std::free(granules_.data());
}

bool Granules::resize(std::uint32_t pages, std::uint32_t page_size, const Prices& prices) {
    std::free(granules_.data());
    granule_pages_ = constants::pages_of(constants::granule_bytes, page_size);
    price(prices);
    const std::size_t count = pages / granule_pages_ + std::size_t{pages % granule_pages_ != 0};
    auto* memory = static_cast<Granule*>(std::calloc(count, sizeof(Granule)));
    granules_ = memory ? std::span(memory, count) : std::span<Granule>();
    pages_ = memory ? pages : 0;  // mutants: no test is out of memory
    return memory;
}

void Granules::price(const Prices& prices) {
    prices_ = prices;
    one_compare_ = granule_pages_ * prices.compare;
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

Nanoseconds Granules::fault_cost_of(std::uint32_t pages) const {
    return std::min(pages, granule_pages_) * prices_.fault;
}

bool Granules::worth_reports() const {
    Nanoseconds faults = 0;
    for (const Granule& granule : granules_)
        faults += granule.hot ? granule.fault_cost : fault_cost_of(granule.written);
    return faults >= prices_.report;
}

void Granules::promote(Nanoseconds now) {
    const bool worth = worth_reports();
    for (Granule& granule : granules_) {
        const std::uint32_t written = granule.written;
        granule.written = 0;
        granule.fresh = worth && !granule.hot && written > 0 && fault_cost_of(written) >= one_compare_;
        if (!granule.fresh) continue;
        granule.hot = true;
        granule.since = now;
        granule.fault_cost = fault_cost_of(written);
    }
}

void Granules::differed(Pages run, Nanoseconds now) {
    compared_at_ = now;
    run = run.within(pages_);
    for (std::uint32_t page = run.first; page < run.end();) {
        const std::uint32_t count = std::min(granule_pages_ - page % granule_pages_, run.end() - page);
        granules_[page / granule_pages_].differed += count;
        page += count;
    }
}

void Granules::cool(Nanoseconds now, bool only_open) {
    const auto hot =
        std::count_if(granules_.begin(), granules_.end(), [](const Granule& granule) { return granule.hot; });
    const Nanoseconds share = only_open && hot > 0 ? prices_.report / static_cast<Nanoseconds>(hot) : 0;
    for (Granule& granule : granules_) {
        granule.cooled = false;
        const std::uint32_t differed = granule.differed;
        granule.differed = 0;
        if (!granule.hot) continue;
        granule.compare_cost += one_compare_ + share;
        if (differed > 0) {
            granule.compare_cost = 0;
            granule.fault_cost = fault_cost_of(differed);
            // Where so few pages differ that one comparison costs more than their faults, `since` stays, so
            // that it cools below.
            if (granule.fault_cost >= one_compare_) granule.since = now;
        }
        // Before a COMPARED that is later than `since`, it is not known whether it differed.
        const bool known = compared_at_ > granule.since || now - granule.since >= constants::compared_within;
        if (!known || granule.compare_cost + one_compare_ <= granule.fault_cost) continue;
        granule = {};
        granule.cooled = true;
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

Pages Granules::next_fresh(std::uint32_t page) const {
    return next(page, [](const Granule& granule) { return granule.fresh; });
}

Pages Granules::next_cooled(std::uint32_t page) const {
    return next(page, [](const Granule& granule) { return granule.cooled; });
}

}  // namespace hvfb
