#pragma once

#include <bit>

#include "base/time.h"

namespace hvfbd {

// Reasons not to present, each held or not.
class Holds {
  public:
    // no_front: there is no memory for a picture of the output's mode.
    enum class Reason : unsigned { hidden, no_front, client_frame };
    // A client's open frame is waited for no longer than this, while this process could run.
    static constexpr Duration longest_frame = std::chrono::milliseconds(100);

    void set(Reason reason, bool held) {
        unsigned bit = 1U << static_cast<unsigned>(reason);
        bits_ = held ? bits_ | bit : bits_ & ~bit;
    }
    bool held(Reason reason) const { return bits_ >> static_cast<unsigned>(reason) & 1U; }
    unsigned count() const { return static_cast<unsigned>(std::popcount(bits_)); }

  private:
    unsigned bits_ = 0;
};

}  // namespace hvfbd
