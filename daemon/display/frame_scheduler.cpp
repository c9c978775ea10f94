#include "display/frame_scheduler.h"

#include <algorithm>

#include "common/constant.h"

namespace hvfbd {

namespace {

constexpr std::uint64_t millisecond = 1'000'000;

// Periodic presents need a period even where there is no limit: the 2019 driver's.
constexpr Duration unlimited_period = std::chrono::milliseconds(50);
// Longest and shortest time that a client is given to answer COLLECT, around the one frame of the protocol:
// a client that shares one busy processor with us needs some milliseconds even where the limit is 1000 a
// second.
constexpr Duration shortest_wait = std::chrono::milliseconds(10);
constexpr Duration longest_wait = std::chrono::milliseconds(100);
// How seldom a surface is compared that announces nothing, while nothing is found: one that will rest, and
// one that never does.
HVFB_CONSTANT(Duration, slowest_scan, 50 * millisecond);
constexpr Duration slowest_poll = std::chrono::milliseconds(250);
// A client that reports by itself is asked this seldom, to see that it is not stopped; and is sent this often
// which of the pages that it left open differ.
HVFB_CONSTANT(Duration, watch_over, 150 * millisecond);
// And one that never rests, when nothing was found for long, this seldom.
constexpr Duration watch_over_restless = std::chrono::seconds(1);
HVFB_CONSTANT(Duration, send_compared_every, 50 * millisecond);
// What is open is not compared whole again, while a sampled compare shows no difference, for this long: what
// the 2019 driver took for every frame.
HVFB_CONSTANT(Duration, skip_for, 50 * millisecond);
// What a FRAME waits for a present that the output refuses.
constexpr Duration longest_refusal = std::chrono::seconds(1);

std::optional<Time> earliest(std::optional<Time> one, std::optional<Time> other) {
    if (!one || !other) return one ? one : other;
    return std::min(*one, *other);
}

}  // namespace

FrameScheduler::Action FrameScheduler::next(const DamageSource& source, Time now) {
    source_ = source;
    if (state_ == State::collecting && !collected(now)) return wake(answer_.due(), now);
    if (state_ == State::comparing) return compare(false, now);
    if (state_ == State::presenting) return {.kind = Action::Kind::present};
    if (inhibitors_ != 0) {
        state_ = State::held;
        return wake(std::nullopt, now);
    }
    std::optional<Time> at = due(now);
    if (at && *at <= now) return begin(now);
    state_ = at ? State::waiting : State::resting;
    return wake(at, now);
}

FrameScheduler::Action FrameScheduler::flush(const DamageSource& source, Time now) {
    source_ = source;
    frame_ = {};
    return compare(true, now);
}

FrameScheduler::Action FrameScheduler::wake(std::optional<Time> at, Time now) const {
    at = earliest(at, open_frame_.due());
    if (!at) return {};
    return {.kind = Action::Kind::wake, .at = std::max(*at, now)};
}

// Whether the answer has come, or is not waited for any longer.
bool FrameScheduler::collected(Time now) {
    if (source_.answer_owed && !answer_.reached(now)) return false;
    if (!source_.answer_owed) {
        unanswered_.stop();
    } else {
        if (!unanswered_.running()) unanswered_.start(now);
        whole_ = true;
    }
    // Nothing is presented while it is inhibited: the frame is begun anew when that ends.
    state_ = inhibitors_ != 0 ? State::held : State::comparing;
    if (state_ == State::held) held_since_ = frame_.begun_for;
    return true;
}

std::optional<Time> FrameScheduler::damaged_since() const {
    return earliest(source_.damaged_since, held_since_);
}

std::optional<Time> FrameScheduler::due(Time now) const {
    std::optional<Time> at = earliest(compare_at_, recheck_due());
    if (auto since = damaged_since()) {
        Duration settle = settings_.settle;
        // What it reports by itself has settled; what it only announced is not waited for without end.
        if (source_.reports && !source_.frame_requested)
            settle = source_.reported ? Duration{} : settle + report_timeout;
        at = earliest(at, *since + settle);
    }
    if (settings_.periodic) {
        Duration period = settings_.interval > Duration::zero() ? settings_.interval : unlimited_period;
        std::optional<Time> last = std::max(last_present_, last_fruitless_);
        at = earliest(at, last ? *last + period : now);
    }
    if (at && last_present_) at = std::max(*at, *last_present_ + settings_.interval);
    if (at && last_fruitless_) at = std::max(*at, *last_fruitless_ + fruitless_interval());
    return at;
}

// Not of a surface that is not protected, or polled: it is compared anyhow, and once more as a whole when it
// rests.
std::optional<Time> FrameScheduler::recheck_due() const {
    if (!source_.exists || source_.unprotected || source_.polled) return std::nullopt;
    return recheck_.due();
}

// Whether a frame that begins now has no other reason.
bool FrameScheduler::only_recheck(Time now) const {
    return (!compare_at_ || now < *compare_at_) && !settings_.periodic && !source_.hinted && !damaged_since();
}

FrameScheduler::Action FrameScheduler::begin(Time now) {
    frame_ = {};
    if (only_recheck(now)) {
        frame_.only_recheck = true;
        return compare(true, now);
    }
    std::optional<Time> since = damaged_since();
    frame_.announced = since.has_value();
    frame_.begun_for = since.value_or(now);
    frame_.requested = source_.frame_requested;
    compare_at_.reset();
    held_since_.reset();
    if (source_.tracked && (source_.whole || source_.answer_owed)) {
        whole_ = true;
        // A find has stopped it: it draws, though it does not answer.
        if (source_.answer_owed && !unanswered_.running()) unanswered_.start(now);
    } else if (source_.tracked && !source_.reported) {
        answer_.set_limit(std::clamp(settings_.interval, shortest_wait, longest_wait));
        answer_.start(now);
        state_ = State::collecting;
        return {.kind = Action::Kind::collect, .begins = true};
    }
    return compare(true, now);
}

FrameScheduler::Action FrameScheduler::compare(bool begins, Time now) {
    state_ = State::comparing;
    Action action{.kind = Action::Kind::compare, .begins = begins};
    if (frame_.only_recheck) {
        action.recheck = true;
        return action;
    }
    action.damage = true;
    action.whole = whole_;
    action.sampled = compared_in_full_ && now - *compared_in_full_ < skip_for;
    // Who asks for a frame is answered when it is shown, and no less of it.
    bool busy = source_.unprotected && source_.will_rest;
    action.recheck =
        source_.exists && (recheck_.rides(busy, now) || (frame_.requested && recheck_.due().has_value()));
    return action;
}

void FrameScheduler::compared(bool found) {
    frame_.found = found;
    whole_ = false;
    state_ = State::presenting;
}

void FrameScheduler::presented(Presented presented, Time now) {
    state_ = State::resting;
    if (presented == Presented::done) last_present_ = now;
    if (presented == Presented::refused) {
        // Whatever is drawn meanwhile: a host that takes nothing is not asked more often than one that does.
        compare_at_ = last_fruitless_ = now;
    }
    if (!frame_.only_recheck) plan_next(now);
}

void FrameScheduler::plan_next(Time now) {
    const bool found = frame_.found;
    if (found) {
        empty_compares_.reset();
        unanswered_.stop();
    }
    std::optional<Duration> soon;
    if (!found && frame_.announced) {
        soon = empty_compares_.next();
        // Announced for nothing more often than a store can need to land: that uses up an interval after all.
        if (!soon) last_fruitless_ = now;
    }
    if (unanswered_.reached(now)) return;
    if (!source_.whole && !source_.unprotected && !unanswered_.running()) return;
    Duration wait = watch_over;
    if (!source_.reports)
        wait = back_off_.next(found, settings_.interval, source_.will_rest ? slowest_scan : slowest_poll);
    else if (!source_.can_rest)
        wait = back_off_.next(found, watch_over, watch_over_restless);
    // The store that was announced may land a moment after the page was released: compare again soon.
    if (soon && source_.unprotected && !(source_.reports && source_.scans)) wait = std::min(wait, *soon);
    compare_at_ = earliest(compare_at_, now + wait);
}

void FrameScheduler::frame_failed(Time now) {
    if (state_ == State::comparing || state_ == State::presenting) state_ = State::resting;
    compare_at_ = now;
}

void FrameScheduler::settings_changed(const Settings& settings) {
    settings_ = settings;
    back_off_.reset();
}

void FrameScheduler::inhibit(Inhibitor inhibitor, bool on) {
    unsigned bit = 1U << static_cast<unsigned>(inhibitor);
    inhibitors_ = on ? inhibitors_ | bit : inhibitors_ & ~bit;
}

bool FrameScheduler::frame_open(std::optional<Time> since, Time now) {
    if (since != open_frame_since_) {
        open_frame_since_ = since;
        if (since)
            open_frame_.start(*since);
        else
            open_frame_.stop();
    }
    bool expired = open_frame_.reached(now);
    if (expired) {
        open_frame_since_.reset();
        open_frame_.stop();
    }
    inhibit(Inhibitor::client_frame, open_frame_since_.has_value());
    return !expired;
}

void FrameScheduler::surface_changed(Time now) {
    unanswered_.stop();
    back_off_.reset();
    empty_compares_.reset();
    recheck_.forget();
    held_since_.reset();
    whole_ = false;
    state_ = State::resting;
    compare_at_ = now;
}

bool FrameScheduler::notify_compared(Time now) {
    if (notified_compared_ && now - *notified_compared_ < send_compared_every) return false;
    notified_compared_ = now;
    return true;
}

Duration FrameScheduler::frame_timeout(bool active) const {
    bool shown = active && !inhibited(Inhibitor::hidden);
    return shown ? settings_.settle + fruitless_interval() + longest_refusal : fruitless_interval();
}

}  // namespace hvfbd
