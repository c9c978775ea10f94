#include "looks.h"

#include <algorithm>
#include <array>

#include "constant.h"
#include "surfaces/changed_pages.h"

namespace hvfbd {

namespace {

constexpr std::uint64_t millisecond = 1'000'000;

// Longest and shortest time that a client is given to answer COLLECT, around the one frame of the protocol:
// a client that shares one busy processor with us needs some milliseconds even where the limit is 1000 a
// second.
constexpr Duration shortest_wait = std::chrono::milliseconds(10);
constexpr Duration longest_wait = std::chrono::milliseconds(100);
// How seldom a surface is looked at that announces nothing, while nothing is found: one that will rest, and
// one that never does.
HVFB_CONSTANT(Duration, slowest_scan, 50 * millisecond);
constexpr Duration slowest_poll = std::chrono::milliseconds(250);
// A client that reports by itself is asked this seldom, to see that it is not stopped; and is told this often
// which of the pages that it left open differ.
HVFB_CONSTANT(Duration, watch_over, 150 * millisecond);
// And one that never rests, when nothing was found for long, this seldom.
constexpr Duration watch_over_restless = std::chrono::seconds(1);
HVFB_CONSTANT(Duration, tell_compared_every, 50 * millisecond);
// What is open is not compared whole again, while a glance shows no difference, for this long: what the 2019
// driver took for every frame.
HVFB_CONSTANT(Duration, skip_for, 50 * millisecond);

bool compares_by_itself(const Conversation& conversation, const Tuning& tuning) {
    return conversation.polled() ||
           (!conversation.explicit_damage() && tuning.tracking == Tuning::Tracking::compare);
}

// It will announce its stores again, once it has made none for a while.
bool will_rest(const Conversation& conversation, const Tuning& tuning) {
    return conversation.can_rest() && !compares_by_itself(conversation, tuning) &&
           tuning.tracking != Tuning::Tracking::scan;
}

}  // namespace

void Looks::add_facts(Facts& facts) const {
    if (not_before_) facts.last_present = *not_before_ - facts.interval;
    facts.look_at = look_at_;
    if (auto due = late_writes_due(); due && (!facts.look_at || *due < *facts.look_at)) facts.look_at = due;
}

void Looks::start_over(Time now) {
    waiting_.stop();
    unanswered_.stop();
    lookout_.reset();
    retry_.reset();
    late_writes_.forget();
    look_at_ = now;
}

void Looks::change_interval(Duration from, Duration to) {
    if (not_before_) *not_before_ += to - from;
    lookout_.reset();
}

void Looks::begin(const Tuning& tuning, Time now) {
    if (only_late_writes(tuning, now)) {
        was_announced_ = false;
        compare_late_writes(*surfaces_.active(), now);
        tell(tuning, now);
        return;
    }
    look_at_.reset();
    if (tuning.refresh_mode == Tuning::RefreshMode::periodic) presenter_.want_everything();
    Surface* surface = surfaces_.active();
    was_announced_ = false;
    answers_frame_.reset();
    if (surface) {
        Conversation& conversation = surface->conversation();
        was_announced_ = conversation.damaged_since().has_value();
        if (const auto& request = conversation.frame_request()) answers_frame_ = request->frame;
        announced_at_ = conversation.damaged_since().value_or(now);
        bool reported = conversation.reports() && conversation.reported() && !answers_frame_;
        // An announcement that came after the report is for the next one.
        if (!reported) conversation.look_begins();
        bool tracked = conversation.introduced() && !conversation.explicit_damage();
        bool everything =
            compares_by_itself(conversation, tuning) || (conversation.collecting() && unanswered_.running());
        if (tracked && everything) {
            conversation.hints().add_everything();
        } else if (tracked && !conversation.collecting() && !reported) {
            surface->collect(now);
            ++statistics_.collections;
            waiting_since_ = now;
            waiting_.set_limit(std::clamp<Duration>(tuning.interval(), shortest_wait, longest_wait));
            waiting_.start(now);
            return;
        }
    }
    finish(tuning, now);
}

void Looks::go_on(const Tuning& tuning, bool held, Time now) {
    Surface* surface = surfaces_.active();
    Conversation& conversation = surface->conversation();
    if (conversation.collecting() && !waiting_.reached(now)) return;
    statistics_.collect_ns += static_cast<std::uint64_t>((now - waiting_since_).count());
    if (conversation.collecting()) {
        ++statistics_.unanswered;
        if (!unanswered_.running()) unanswered_.start(now);
        conversation.hints().add_everything();
    } else {
        unanswered_.stop();
    }
    waiting_.stop();
    // Nothing is presented while it is held; what is hinted stays hinted and is looked at when the hold ends.
    if (held) {
        conversation.announce(announced_at_);
        return;
    }
    finish(tuning, now);
}

void Looks::last(const Tuning& tuning, Time now) {
    waiting_.stop();
    was_announced_ = false;
    answers_frame_.reset();
    finish(tuning, now);
}

// Not of one that is not protected, or polled: it is looked at anyhow, and once more as a whole when it
// rests.
std::optional<Time> Looks::late_writes_due() const {
    const Surface* surface = surfaces_.active();
    if (!surface || surface->conversation().unprotected() || surface->conversation().polled())
        return std::nullopt;
    return late_writes_.due();
}

bool Looks::only_late_writes(const Tuning& tuning, Time now) const {
    const Surface* surface = surfaces_.active();
    std::optional<Time> due = late_writes_due();
    return due && now >= *due && (!look_at_ || now < *look_at_) &&
           tuning.refresh_mode != Tuning::RefreshMode::periodic && surface->conversation().hints().empty() &&
           !surface->conversation().damaged_since();
}

void Looks::finish(const Tuning& tuning, Time now) {
    Surface* surface = surfaces_.active();
    bool found = false;
    if (!surface) {
        std::array everywhere{presenter_.front().layout().rectangle()};
        found = !presenter_.look(nullptr, everywhere).spans.empty();
    } else {
        // Who asks for a frame is told that it is shown, and no less of it.
        bool busy = surface->conversation().unprotected() && will_rest(surface->conversation(), tuning);
        if (late_writes_.rides(busy, now) || (answers_frame_ && late_writes_.due()))
            found = compare_late_writes(*surface, now);
        found = compare_reported(tuning, *surface, now) || found;
    }
    Presenter::Told told = tell(tuning, now);
    if (surface && answers_frame_ && told != Presenter::Told::refused)
        surface->answer_frame(*answers_frame_, clock_now(), true);
    plan_next(tuning, found, now);
}

bool Looks::compare_reported(const Tuning& tuning, Surface& surface, Time now) {
    Conversation& conversation = surface.conversation();
    if (conversation.hints().empty()) {
        if (conversation.unprotected()) conversation.note_compared({});
        return false;
    }
    std::array everywhere{presenter_.front().layout().rectangle()};
    std::span<const Rectangle> where =
        conversation.hints().everything() ? everywhere : conversation.hints().rectangles();
    // Most looks at what is open find nothing where a program draws less often than the limit.
    bool skipped = conversation.only_open() && last_whole_ && now - *last_whole_ < skip_for &&
                   !presenter_.glance(surface.shadow(), where);
    if (skipped)
        where = {};
    else
        last_whole_ = now;
    const Found& look = presenter_.look(&surface.shadow(), where);
    bool found = !look.spans.empty();
    if (conversation.unprotected() && !skipped)
        conversation.note_compared(changed_pages(surface.shadow().layout(), look.spans));
    // What is open all the time is reported again until it is protected, and what is compared by itself
    // anyhow; but one that is polled for want of its HELLO, after a restart, may rest from its answer on.
    bool always = compares_by_itself(conversation, tuning) && !conversation.polled();
    if (!conversation.explicit_damage() && !always && !conversation.only_open())
        late_writes_.reported(conversation.hints(), surface.shadow().layout(),
                              conversation.caught() && !found, now);
    conversation.compared();
    if (found && conversation.reports() &&
        (!compared_told_ || now - *compared_told_ >= tell_compared_every)) {
        surface.tell_compared();
        compared_told_ = now;
    }
    return found;
}

bool Looks::compare_late_writes(const Surface& surface, Time now) {
    // What is hinted is compared as well, right after this.
    const Hints& hints = surface.conversation().hints();
    Region where;
    if (!hints.everything()) {
        where = Region(late_writes_.where());
        where -= Region(hints.rectangles());
    }
    bool found = !presenter_.look(&surface.shadow(), where.rectangles()).spans.empty();
    late_writes_.compared(found, now);
    return found;
}

Presenter::Told Looks::tell(const Tuning& tuning, Time now) {
    Presenter::Told told = presenter_.tell(now, tuning.max_rects);
    if (told != Presenter::Told::refused) presenter_.start_viewers(now);
    if (told == Presenter::Told::refused) {
        // Whatever is drawn meanwhile: a host that takes nothing is not asked more often than one that does.
        look_at_ = now + std::max<Duration>(tuning.interval(), empty_interval);
        not_before_ = look_at_;
    }
    if (told == Presenter::Told::done) {
        not_before_ = now + tuning.interval();
        if (was_announced_)
            statistics_.first_frame_ns = static_cast<std::uint64_t>((clock_now() - announced_at_).count());
    }
    if (told == Presenter::Told::nothing) ++statistics_.empty_looks;
    return told;
}

void Looks::plan_next(const Tuning& tuning, bool found, Time now) {
    if (found) {
        retry_.reset();
        unanswered_.stop();
    }
    std::optional<Duration> soon = found || !was_announced_ ? std::nullopt : retry_.next();
    // Announced for nothing more often than a store can need to land: that uses up an interval after all.
    if (!found && was_announced_ && !soon)
        not_before_ =
            std::max(not_before_.value_or(now), now + std::max<Duration>(tuning.interval(), empty_interval));

    const Surface* surface = surfaces_.active();
    if (!surface) return;
    const Conversation& conversation = surface->conversation();
    bool by_itself = compares_by_itself(conversation, tuning);
    if (unanswered_.reached(now)) return;
    if (!by_itself && !conversation.unprotected() && !unanswered_.running()) return;
    Duration wait = watch_over;
    if (!conversation.reports())
        wait = lookout_.next(found, tuning.interval(),
                             will_rest(conversation, tuning) ? slowest_scan : slowest_poll);
    else if (!conversation.can_rest())
        wait = lookout_.next(found, watch_over, watch_over_restless);
    // The store that was announced may land a moment after the page was released: look again soon.
    if (soon && conversation.unprotected() && !(conversation.reports() && conversation.scans()))
        wait = std::min(wait, *soon);
    look_at_ = std::min(look_at_.value_or(now + wait), now + wait);
}

}  // namespace hvfbd
