#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "hvhost/host.h"

namespace hvhost {

// A host that means ill, in a way that the seed decides: the same seed against the same guest does the same.
// Cuts, stretches and flips messages, answers late, twice, never or in the wrong order, floods, writes
// nonsense into the rings, and takes the device away. One seed in three behaves until the picture is up.
class Hostile : public Mischief {
  public:
    explicit Hostile(std::uint64_t seed);

    void opened(Host& host) override;
    void transmit(Host& host, const wire::Bytes& message, Time now) override;
    std::optional<Time> wake_at() const override;
    void tick(Host& host, Time now) override;

  private:
    // Not std's distributions: they differ between libraries, and a seed is to mean the same everywhere.
    std::uint64_t pick(std::uint64_t below) { return random_() % below; }
    wire::Bytes noise(std::size_t size);
    wire::Bytes spoiled(const Host& host, wire::Bytes message);
    wire::Bytes resolutions(const Host& host);
    void spoil_ring(Host& host);
    void deed(Host& host);

    std::mt19937_64 random_;
    std::uint64_t good_ = 0;   // messages that pass unharmed
    unsigned deeds_left_ = 0;  // timed ones: it comes to an end
    std::optional<Time> next_deed_;
    std::vector<std::pair<Time, wire::Bytes>> late_;
    wire::Bytes last_;
};

}  // namespace hvhost
