#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

namespace hvfbctl {

using Counters = std::map<std::string, std::uint64_t>;

// What happened between two readings of the counters. Pure.
class Rates {
  public:
    Rates() = default;
    // `own_calls`: calls of this program between the readings, each of which woke the daemon up once.
    Rates(const Counters& before, const Counters& after, double seconds, unsigned own_calls);

    // 0 for a counter that there is not, or that began anew.
    double per_second(const std::string& counter) const;
    // Of a counter of nanoseconds, in per cent of the time that went by.
    double percent(const std::string& counter) const { return per_second(counter) / 1e7; }
    const std::map<std::string, double>& all() const { return rates_; }

  private:
    std::map<std::string, double> rates_;
};

// The last rates, the newest at the end.
class RateHistory {
  public:
    void add(const Rates& rates);
    std::vector<double> of(const std::string& counter) const;

  private:
    std::deque<Rates> rates_;
};

}  // namespace hvfbctl
