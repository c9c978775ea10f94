#include "pipeline.h"

#include <algorithm>
#include <array>

#include "surfaces/changed_pages.h"

namespace hvfbd {

namespace {

// Longest and shortest time that a client is given to answer COLLECT, around the one frame of DESIGN.md 6.2:
// a client that shares one busy processor with us needs some milliseconds even where the limit is 1000 a
// second.
constexpr Duration shortest_wait = std::chrono::milliseconds(10);
constexpr Duration longest_wait = std::chrono::milliseconds(100);
// How seldom a surface is looked at that announces nothing, while nothing is found: one that will rest, and
// one that never does.
constexpr Duration slowest_scan = std::chrono::milliseconds(50);
constexpr Duration slowest_poll = std::chrono::milliseconds(250);
// A client that is stopped while it scans is looked at no longer than this: it cannot draw.
constexpr Duration suspicion = std::chrono::seconds(1);
// What a FRAME waits for a present that the output refuses.
constexpr Duration longest_refusal = std::chrono::seconds(1);
// Looks that find nothing, again and again, are not free: a client that announces for nothing gets these.
constexpr Duration empty_interval = std::chrono::milliseconds(10);

hvfb_tracking wanted(Tuning::Tracking tracking) {
    switch (tracking) {
        case Tuning::Tracking::fault:
            return HVFB_TRACKING_FAULT;
        case Tuning::Tracking::scan:
            return HVFB_TRACKING_SCAN;
        case Tuning::Tracking::compare:
            return HVFB_TRACKING_COMPARE;
        case Tuning::Tracking::automatic:
            break;
    }
    return HVFB_TRACKING_AUTO;
}

void keep_earliest(std::optional<Time>& earliest, std::optional<Time> at) {
    if (at && (!earliest || *at < *earliest)) earliest = at;
}

}  // namespace

Pipeline::Pipeline(EventLoop& loop, Output& output, const Tuning& tuning, Report& report)
    : loop_(loop),
      output_(output),
      report_(report),
      tuning_(tuning),
      viewers_(loop, report),
      surfaces_(loop, report),
      presenter_(output, viewers_, statistics_),
      alarm_(loop, [] {}),
      was_visible_(output.visible()),
      output_was_visible_(output.visible()) {
    output_.listen(this);
}

Pipeline::~Pipeline() {
    output_.listen(nullptr);
}

Surfaces::Opened Pipeline::open_surface(const SurfaceOptions& options, Client client, Time now) {
    return surfaces_.open(options, std::move(client), layout(), now);
}

Viewers::Opened Pipeline::open_viewer(Client client, Time now) {
    Viewers::Opened opened = viewers_.open(std::move(client), front());
    output_.viewers_changed(viewers_.size());
    look_at_ = now;
    return opened;
}

void Pipeline::activate(SurfaceNumber number, Time) {
    surfaces_.activate(number);
}

void Pipeline::close_surface(SurfaceNumber number, Time) {
    surfaces_.close(number, "closed from outside");
}

void Pipeline::set_tuning(const Tuning& tuning, Time now) {
    bool tracks_otherwise = tuning.tracking != tuning_.tracking;
    // A longer interval is waited for from the last present, as if it had been so then.
    if (not_before_) *not_before_ += tuning.interval() - tuning_.interval();
    tuning_ = tuning;
    lookout_.reset();
    if (!tracks_otherwise) return;
    if (Surface* surface = surfaces_.active()) {
        surface->conversation().hints().add_everything();
        surface->conversation().announce(now);
    }
}

void Pipeline::set_mode(Mode mode, Time) {
    output_.set_mode(mode);
}

void Pipeline::refresh(Time now) {
    presenter_.want_everything();
    look_at_ = now;
    if (Surface* surface = surfaces_.active()) surface->conversation().hints().add_everything();
}

void Pipeline::update(Time now) {
    ++statistics_.wakeups;
    notice_clients(now);
    notice_output(now);
    notice_active(now);
    tell_states();

    if (waiting_until_) continue_look(now);
    Decision decision{Decision::Kind::rest, now};
    if (!waiting_until_) {
        decision = decide(facts(), now);
        if (decision.kind == Decision::Kind::present) {
            begin_look(now);
            if (!waiting_until_) decision = decide(facts(), now);
        }
    }
    answer_unshown_frames(now);
    set_alarm(decision, now);
}

void Pipeline::notice_clients(Time now) {
    surfaces_.reap();
    std::size_t viewers = viewers_.size();
    viewers_.reap();
    if (viewers_.size() != viewers) output_.viewers_changed(viewers_.size());
    for (auto& surface : surfaces_.stack()) {
        surface->take_configured(now);
        auto counts = surface->conversation().take_counts();
        statistics_.announcements += counts.announcements;
        statistics_.faults += counts.faults;
        statistics_.scans += counts.scans;
        statistics_.state_changes += counts.state_changes;
    }
}

void Pipeline::notice_output(Time now) {
    if (output_.layout() != layout()) {
        presenter_.start_over();
        for (auto& surface : surfaces_.stack()) surface->configure(layout(), now);
        refresh(now);
        report_.layout_changed(layout());
    }
    holds_.set(Holds::Reason::hidden, !visible() && tuning_.when_hidden == Tuning::WhenHidden::pause);
    // What was drawn unseen was not tracked, and a host that shows its window again may have lost the
    // picture.
    if ((visible() && !was_visible_) || (output_.visible() && !output_was_visible_)) refresh(now);
    output_was_visible_ = output_.visible();
    if (visible() != was_visible_) {
        was_visible_ = visible();
        report_.visibility_changed(was_visible_);
    }
}

void Pipeline::notice_active(Time now) {
    Surface* surface = surfaces_.active();
    SurfaceNumber number = surface ? surface->number() : 0;
    if (number != shown_) {
        shown_ = number;
        waiting_until_.reset();
        unanswered_since_.reset();
        lookout_.reset();
        retry_.reset();
        look_at_ = now;
        if (surface) {
            surface->conversation().hints().add_everything();
            surface->conversation().announce(now);
        }
        report_.active_surface_changed();
    }
    std::optional<Time> open = surface ? surface->conversation().frame_open_since() : std::nullopt;
    if (open && now - *open >= Holds::longest_frame) {
        surface->conversation().close_frame();
        open.reset();
    }
    holds_.set(Holds::Reason::client_frame, open.has_value());
}

void Pipeline::tell_states() {
    bool hidden = holds_.held(Holds::Reason::hidden);
    for (auto& surface : surfaces_.stack()) {
        message::State state;
        state.visible = visible();
        state.active = surface->active();
        if (surface->active() && !hidden && !surface->conversation().explicit_damage())
            state.tracking = wanted(tuning_.tracking);
        state.interval = static_cast<std::uint64_t>(tuning_.interval().count());
        state.idle_timeout = static_cast<std::uint64_t>(Duration(tuning_.idle_timeout).count());
        surface->tell_state(state);
    }
}

Facts Pipeline::facts() const {
    Facts facts;
    facts.interval = tuning_.interval();
    facts.settle = tuning_.settle_delay;
    facts.holds = holds_.count();
    facts.periodic = tuning_.refresh_mode == Tuning::RefreshMode::periodic;
    if (not_before_) facts.last_present = *not_before_ - facts.interval;
    facts.look_at = look_at_;
    if (const Surface* surface = surfaces_.active())
        facts.damaged_since = surface->conversation().damaged_since();
    return facts;
}

bool Pipeline::compares_by_itself(const Conversation& conversation) const {
    return conversation.polled() ||
           (!conversation.explicit_damage() && tuning_.tracking == Tuning::Tracking::compare);
}

void Pipeline::begin_look(Time now) {
    look_at_.reset();
    if (tuning_.refresh_mode == Tuning::RefreshMode::periodic) presenter_.want_everything();
    Surface* surface = surfaces_.active();
    look_was_announced_ = look_answers_frame_ = false;
    if (surface) {
        Conversation& conversation = surface->conversation();
        look_was_announced_ = conversation.damaged_since().has_value();
        look_answers_frame_ = conversation.frame_request().has_value();
        announced_at_ = conversation.damaged_since().value_or(now);
        conversation.look_begins();
        bool tracked = conversation.introduced() && !conversation.explicit_damage();
        bool everything =
            compares_by_itself(conversation) || (conversation.collecting() && unanswered_since_);
        if (tracked && everything) {
            conversation.hints().add_everything();
        } else if (tracked && !conversation.collecting()) {
            surface->collect(now);
            ++statistics_.collections;
            waiting_since_ = now;
            waiting_until_ = now + std::clamp<Duration>(tuning_.interval(), shortest_wait, longest_wait);
            return;
        }
    }
    finish_look(now);
}

void Pipeline::continue_look(Time now) {
    Surface* surface = surfaces_.active();
    Conversation& conversation = surface->conversation();
    if (conversation.collecting() && now < *waiting_until_) return;
    statistics_.collect_ns += static_cast<std::uint64_t>((now - waiting_since_).count());
    if (conversation.collecting()) {
        ++statistics_.unanswered;
        if (!unanswered_since_) unanswered_since_ = now;
        conversation.hints().add_everything();
    } else {
        unanswered_since_.reset();
    }
    waiting_until_.reset();
    // Nothing is presented while it is held; what is hinted stays hinted and is looked at when the hold ends.
    if (holds_.count() > 0) {
        conversation.announce(announced_at_);
        return;
    }
    finish_look(now);
}

void Pipeline::finish_look(Time now) {
    Surface* surface = surfaces_.active();
    bool found = false;
    if (!surface) {
        std::array everywhere{layout().rectangle()};
        found = !presenter_.look(nullptr, everywhere).spans.empty();
    } else if (Conversation& conversation = surface->conversation(); !conversation.hints().empty()) {
        std::array everywhere{layout().rectangle()};
        std::span<const Rectangle> where =
            conversation.hints().everything() ? everywhere : conversation.hints().rectangles();
        const Found& look = presenter_.look(&surface->shadow(), where);
        found = !look.spans.empty();
        if (conversation.unprotected())
            conversation.note_compared(changed_pages(surface->shadow().layout(), look.spans));
        conversation.compared();
    } else if (conversation.unprotected()) {
        conversation.note_compared({});
    }

    Presenter::Told told = presenter_.tell(now, tuning_.max_rects);
    if (told != Presenter::Told::refused) presenter_.start_viewers(now);
    if (told == Presenter::Told::refused)
        look_at_ = now + std::max<Duration>(tuning_.interval(), empty_interval);
    if (told == Presenter::Told::done) {
        not_before_ = now + tuning_.interval();
        if (look_was_announced_)
            statistics_.first_frame_ns = static_cast<std::uint64_t>((clock_now() - announced_at_).count());
    }
    if (told == Presenter::Told::nothing) ++statistics_.empty_looks;
    if (surface && look_answers_frame_ && told != Presenter::Told::refused)
        surface->answer_frame(clock_now(), true);
    plan_next_look(look_was_announced_, found, now);
}

void Pipeline::plan_next_look(bool announced, bool found, Time now) {
    if (found) {
        retry_.reset();
        unanswered_since_.reset();
    }
    std::optional<Duration> soon = found || !announced ? std::nullopt : retry_.next();
    // Announced for nothing more often than a store can need to land: that uses up an interval after all.
    if (!found && announced && !soon)
        not_before_ =
            std::max(not_before_.value_or(now), now + std::max<Duration>(tuning_.interval(), empty_interval));

    const Surface* surface = surfaces_.active();
    if (!surface) return;
    const Conversation& conversation = surface->conversation();
    bool by_itself = compares_by_itself(conversation);
    if (unanswered_since_ && now - *unanswered_since_ > suspicion) return;
    if (!by_itself && !conversation.unprotected() && !unanswered_since_) return;
    bool pinned = tuning_.tracking == Tuning::Tracking::scan;
    bool rests = conversation.can_rest() && !by_itself && !pinned;
    Duration wait = lookout_.next(found, tuning_.interval(), rests ? slowest_scan : slowest_poll);
    // The store that was announced may land a moment after the page was released: look again soon.
    if (soon && conversation.unprotected()) wait = std::min(wait, *soon);
    keep_earliest(look_at_, now + wait);
}

void Pipeline::answer_unshown_frames(Time now) {
    for (auto& surface : surfaces_.stack()) {
        const auto& request = surface->conversation().frame_request();
        if (!request) continue;
        bool shown = surface->active() && !holds_.held(Holds::Reason::hidden);
        Duration patience = shown ? longest_refusal : std::max<Duration>(tuning_.interval(), empty_interval);
        if (now - request->since >= patience) surface->answer_frame(clock_now(), false);
    }
}

void Pipeline::set_alarm(const Decision& decision, Time now) {
    std::optional<Time> at = waiting_until_;
    if (decision.kind != Decision::Kind::rest) keep_earliest(at, std::max(decision.at, now));
    for (auto& surface : surfaces_.stack()) {
        const Conversation& conversation = surface->conversation();
        if (surface->active() && conversation.frame_open_since())
            keep_earliest(at, *conversation.frame_open_since() + Holds::longest_frame);
        const auto& request = conversation.frame_request();
        if (!request) continue;
        bool shown = surface->active() && !holds_.held(Holds::Reason::hidden);
        keep_earliest(at, request->since + (shown ? longest_refusal
                                                  : std::max<Duration>(tuning_.interval(), empty_interval)));
    }
    alarm_.set(at);
}

void Pipeline::finish(Time now) {
    if (Surface* surface = surfaces_.active()) surface->conversation().hints().add_everything();
    presenter_.want_everything();
    waiting_until_.reset();
    look_answers_frame_ = look_was_announced_ = false;
    finish_look(now);
}

Statistics Pipeline::statistics() const {
    Statistics statistics = statistics_;
    statistics.messages_malformed = surfaces_.violations() + viewers_.violations();
    statistics.messages_throttled = surfaces_.throttled();
    return statistics;
}

}  // namespace hvfbd
