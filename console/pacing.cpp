#include "console/pacing.h"

#include <algorithm>

namespace console {

namespace {

constexpr auto longest_answer = std::chrono::seconds(2);
constexpr unsigned free_empty_reads = 8;
constexpr auto pause_between_empty_reads = std::chrono::milliseconds(50);
constexpr unsigned free_unreadable_frames = 4;
// So often the next one is not delayed: text that scrolls by less than a screen between two frames may scroll
// by more in the time of two.
constexpr unsigned frames_until_tried = 8;
constexpr auto time_of_unreadable_frame = std::chrono::milliseconds(150);
constexpr auto pause_after_failure = std::chrono::milliseconds(250);

}  // namespace

void Pacing::set_shown(bool shown) {
    if (shown && !shown_) stale_ = true;
    shown_ = shown;
}

void Pacing::set_blanked(bool blanked) {
    // Also where no blanking was reported: when a program leaves graphics mode, an older kernel reports only
    // the end of blanking.
    if (!blanked) stale_ = true;
    blanked_ = blanked;
}

bool Pacing::may_read(Time now) const {
    return shown_ && !blanked_ && now >= pause_until_ && (!answer_until_ || now >= *answer_until_);
}

std::optional<Time> Pacing::wake_at(Time now) const {
    if (!shown_ || blanked_) return std::nullopt;
    std::optional<Time> at;
    if (now < pause_until_) at = pause_until_;
    if (answer_until_ && now < *answer_until_) at = std::max(at.value_or(*answer_until_), *answer_until_);
    return at;
}

void Pacing::frame_sent(Time now, bool scrolled_past) {
    stale_ = false;
    const bool goes_on = scrolled_past && now - sent_at_ <= 2 * time_of_unreadable_frame;
    unreadable_frames_ = goes_on ? unreadable_frames_ + 1 : scrolled_past ? 1 : 0;
    sent_at_ = now;
    if (unreadable_frames_ > free_unreadable_frames && unreadable_frames_ % frames_until_tried != 0)
        pause_until_ = now + time_of_unreadable_frame;
    answer_until_ = now + longest_answer;
    empty_reads_ = 0;
}

void Pacing::nothing_changed(Time now) {
    stale_ = false;
    if (++empty_reads_ <= free_empty_reads) return;
    pause_until_ = now + pause_between_empty_reads;
    // The read after the pause says nothing: the file was opened again, and is readable without a change.
    empty_reads_ = free_empty_reads - 1;
}

void Pacing::read_failed(Time now) {
    stale_ = true;
    pause_until_ = now + pause_after_failure;
}

}  // namespace console
