#pragma once

#include <chrono>
#include <optional>

namespace vnc {

using Time = std::chrono::steady_clock::time_point;

// Whether a client looks, and when it may be answered. Knows nothing of sockets: is given what happened, and
// the time.
//
// In VNC a client asks for each update. One whose window is minimized asks for none, and must cost nothing:
// where it has not asked for `lingering` after an answer it does not look any more.
class LookState {
  public:
    static constexpr auto lingering = std::chrono::seconds(2);
    // A client that asks for the whole picture again and again has no more of the processor than this.
    static constexpr auto shortest_interval = std::chrono::milliseconds(16);

    // It connected. From then on it looks, so that the first picture is there when it asks.
    explicit LookState(Time now) : looks_until_(now + lingering) {}

    // An update is asked for, and none was sent since; `asked` is what the client's protocol state says.
    void set_asked(bool asked, Time now);
    void answered(Time now);

    bool looks(Time now) const { return asked_ || now < looks_until_; }
    bool may_answer(Time now) const { return now >= next_answer_; }
    // When looks() or may_answer() become another without an event.
    std::optional<Time> wake_at(Time now) const;

  private:
    bool asked_ = false;
    Time looks_until_;
    Time next_answer_{};
};

}  // namespace vnc
