#include "console/scroll_pace.h"

#include <algorithm>
#include <chrono>

namespace console {

namespace {

// A reading of 240x67 cells takes 0.2 ms: at most 2.5 % of a processor.
constexpr auto shortest = std::chrono::milliseconds(8);
// Frames are that close without it.
constexpr auto longest = std::chrono::milliseconds(50);
// Of text that is faster still, reading keeps nothing; it may be slower later.
constexpr unsigned most_losses = 4;
constexpr auto until_it_is_tried_again = std::chrono::seconds(4);
// What of a screen has to go by for its time to say anything of the next one.
constexpr unsigned least_part = 4;

}  // namespace

void ScrollPace::was_read(unsigned lines, unsigned rows, bool lost, Time now) {
    const Time::duration since = now - last_;
    last_ = now;
    at_.reset();
    losses_ = lost ? losses_ + 1 : 0;
    if (losses_ > most_losses) {
        if (losses_ == most_losses + 1) gave_up_ = now;
        if (now - gave_up_ < until_it_is_tried_again) return;
        losses_ = 1;
    }
    if (!lost && lines * least_part < rows) return;
    Time::duration wait = shortest;
    // Twice in the time of a screen. After rest nobody knows when it began.
    if (!lost && since <= longest) wait = std::max<Time::duration>(since * rows / (2 * lines), shortest);
    if (wait < longest) at_ = now + wait;
}

}  // namespace console
