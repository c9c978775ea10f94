#pragma once

#include <optional>

#include "console/pacing.h"

namespace console {

// When the terminal is read for its scrollback alone, between two frames: where text scrolls by about as fast
// as a screen in the time of a frame, and not much faster. Knows nothing of files.
class ScrollPace {
  public:
    // The terminal was read, for a frame or not: `lines` of its `rows` had gone since the last time. `lost`:
    // more than all of them, or they cannot be told.
    void was_read(unsigned lines, unsigned rows, bool lost, Time now);
    // Nobody sees the terminal, or it is another one.
    void stop() { at_.reset(); }

    bool is_due(Time now) const { return at_ && now >= *at_; }
    std::optional<Time> at() const { return at_; }

  private:
    std::optional<Time> at_;
    Time last_{}, gave_up_{};
    unsigned losses_ = 0;  // one after the other
};

}  // namespace console
