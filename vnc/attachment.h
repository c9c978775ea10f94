#pragma once

#include <optional>

#include "vnc/look_state.h"

namespace vnc {

// When the display is viewed: while a client looks. Knows nothing of the daemon: is given what happened, and
// the time.
//
// A daemon that is not there is waited for by its name on the bus, without a timer. What may pass (too many
// viewers, no memory) is tried again after a second, then after twice as long, up to half a minute.
class Attachment {
  public:
    enum class Step { rest, attach, detach };

    void set_looked_at(bool looked_at) { looked_at_ = looked_at; }
    // What became of Step::attach.
    void attached(Time now);
    void no_daemon();
    void failed(Time now);
    // The view has ended, though nobody here ended it.
    void lost(Time now);
    void detached() { attached_ = false; }
    // Another process of the daemon has its name.
    void daemon_came();

    Step step(Time now) const;
    // Whether the name is to be waited for.
    bool waits_for_daemon() const { return looked_at_ && !attached_ && !daemon_may_be_there_; }
    // When step() becomes another without an event.
    std::optional<Time> wake_at(Time now) const;

  private:
    bool looked_at_ = false, attached_ = false, daemon_may_be_there_ = true;
    Time attached_at_{}, next_attempt_{};
    unsigned failures_ = 0;
};

}  // namespace vnc
