#include "rates.h"

#include <algorithm>

namespace hvfbctl {

namespace {

constexpr const char* wakeups = "wakeups";
constexpr std::size_t longest_history = 500;

}  // namespace

Rates::Rates(const Counters& before, const Counters& after, double seconds, unsigned own_calls) {
    if (seconds <= 0) return;
    for (const auto& [name, now] : after) {
        const auto then = before.find(name);
        std::uint64_t count = then == before.end() || now < then->second ? 0 : now - then->second;
        if (name == wakeups) count -= std::min<std::uint64_t>(count, own_calls);
        rates_[name] = static_cast<double>(count) / seconds;
    }
}

double Rates::per_second(const std::string& counter) const {
    const auto found = rates_.find(counter);
    return found == rates_.end() ? 0 : found->second;
}

void RateHistory::add(const Rates& rates) {
    rates_.push_back(rates);
    if (rates_.size() > longest_history) rates_.pop_front();
}

std::vector<double> RateHistory::of(const std::string& counter) const {
    std::vector<double> values;
    for (const Rates& rates : rates_) values.push_back(rates.per_second(counter));
    return values;
}

}  // namespace hvfbctl
