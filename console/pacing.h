#pragma once

#include <chrono>
#include <optional>

namespace console {

using Time = std::chrono::steady_clock::time_point;

// When the terminal is read. Knows nothing of files: is given what happened, and the time.
//
// The daemon answers each frame when it has presented it, at most RefreshLimit times a second. The terminal
// is read again, and waited for, only after that answer: so it is never read more often than its text can be
// shown, and a change after rest is read at once. Where text scrolls by faster than that, fewer frames will
// do.
class Pacing {
  public:
    // Somebody sees the surface; or not. What happened while nobody did is read when somebody does.
    void set_shown(bool shown);
    // The kernel blanks the screen after a time without keys, and ends that.
    void set_blanked(bool blanked);
    // The picture is void: another mode, or another terminal.
    void set_stale() { stale_ = true; }

    // Whether changes of the terminal are to be waited for. While they are not, nothing wakes the program.
    bool listens(Time now) const { return may_read(now) && !stale_; }
    // Whether the terminal is to be read without waiting for a change.
    bool reads_now(Time now) const { return may_read(now) && stale_; }
    // Whether what failed, or found nothing, is not to be tried yet.
    bool pauses(Time now) const { return now < pause_until_; }
    // Whether somebody sees what is read, though it may be too early for another frame.
    bool may_read_between() const { return shown_ && !blanked_; }
    // When to ask again, though nothing happens.
    std::optional<Time> wake_at(Time now) const;

    // The terminal was read, and a frame was sent: an answer will come. After two seconds without one it is
    // waited for no more. `scrolled_past`: nobody can have read the frame before. Where that goes on, seven
    // frames a second are shown.
    void frame_sent(Time now, bool scrolled_past = false);
    void frame_answered() { answer_until_.reset(); }
    // The terminal was read, and nothing differed. Such a read does not delay the next one; but after eight
    // of them there is a pause of 50 ms after every second one. The one that follows a pause is free: a file
    // that is opened again is readable once, and nothing need have happened.
    void nothing_changed(Time now);
    // The terminal could not be read, or not be asked: it is tried again, four times a second.
    void read_failed(Time now);

  private:
    bool may_read(Time now) const;

    bool shown_ = false, blanked_ = false, stale_ = true;
    std::optional<Time> answer_until_;  // a frame was sent and not answered
    Time pause_until_{};
    unsigned empty_reads_ = 0;
    Time sent_at_{};
    unsigned unreadable_frames_ = 0;  // one after the other
};

}  // namespace console
