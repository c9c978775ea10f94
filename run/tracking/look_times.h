#pragma once

#include <chrono>

namespace run {

// When the whole picture is compared though stores are tracked, and when it is looked at at all. Pure.
//
// What a device writes into memory that was given to it before lands after it was noticed: so the picture is
// compared again some times after the last change. And once in a while at rest, for stores that nobody here
// can know of, such as those of a process that was sent a descriptor: where that finds something, tracking is
// not to be relied on. Once it may be a store that was just being made.
class LookTimes {
  public:
    using Time = std::chrono::steady_clock::time_point;

    // Something may have been stored that tracking did not see.
    void owe() { owed_ = true; }
    // Whether the look that is due now compares the whole picture.
    bool whole(Time now) const { return owed_ || now >= next_whole_; }
    // A look was taken: whether it was at the whole picture, and what it found. `unseen`: something that no
    // tracking told of.
    void looked(bool whole, bool found, bool unseen, Time now);
    // Stores are made again and again that tracking does not see.
    bool in_vain() const { return unseen_ >= unseen_until_in_vain; }
    // In how many milliseconds the next one is due.
    static constexpr int soon_ms = 20, quiet_ms = 100, hidden_ms = 200;
    int pause_ms(bool shown) const {
        return !shown ? hidden_ms : quiet_ < looks_until_quiet ? soon_ms : quiet_ms;
    }
    void forget_quiet() { quiet_ = 0; }

  private:
    static constexpr int looks_until_quiet = 50;
    static constexpr unsigned unseen_until_in_vain = 2;

    bool owed_ = true;
    Time next_whole_{}, changed_{};
    int quiet_ = 0;       // looks that found nothing, one after another
    unsigned again_ = 0;  // how often it was compared since the last change
    unsigned unseen_ = 0;
};

}  // namespace run
