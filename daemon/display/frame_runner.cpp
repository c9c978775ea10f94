#include "display/frame_runner.h"

#include <array>
#include <utility>

#include "clients/changed_pages.h"
#include "common/probe.h"

namespace hvfbd {

using Action = FrameScheduler::Action;

void FrameRunner::settings_changed() {
    scheduler_.settings_changed({settings_.interval(), settings_.settle_delay,
                                 settings_.refresh_mode == DisplaySettings::RefreshMode::periodic});
}

void FrameRunner::follow_active(Time now) {
    Surface* surface = surfaces_.active();
    const SurfaceNumber active = surface ? surface->number() : 0;
    if (std::exchange(followed_, active) != active) {
        scheduler_.surface_changed(now);
        if (surface) surface->client_state().expect_damage(now);
    }
    std::optional<Time> open = surface ? surface->client_state().frame_open_since() : std::nullopt;
    if (!scheduler_.frame_open(open, now)) surface->client_state().close_frame();
}

std::optional<Time> FrameRunner::run(Time now) {
    // One frame that was begun before, and another one: a peer's events are read in between.
    for (unsigned frames = 0; frames < 2;) {
        Action action = next(now);
        if (action.begins) begin(action);
        switch (action.kind) {
            case Action::Kind::rest:
                return std::nullopt;
            case Action::Kind::wake:
                return action.at;
            case Action::Kind::collect:
                surfaces_.active()->collect(now);
                HVFB_PROBE1(hvfbd, collect_start, surfaces_.active()->number());
                ++statistics_.collections;
                collecting_since_ = now;
                break;
            case Action::Kind::compare:
                compare(action, now);
                break;
            case Action::Kind::present:
                present(now);
                ++frames;
                break;
        }
    }
    return now;
}

void FrameRunner::flush(Time now) {
    Action action = scheduler_.flush(damage_source(), now);
    answers_frame_.reset();
    compare(action, now);
    present(now);
}

Action FrameRunner::next(Time now) {
    DamageSource source = damage_source();
    bool collecting = scheduler_.state() == FrameScheduler::State::collecting;
    Action action = scheduler_.next(source, now);
    if (collecting && scheduler_.state() != FrameScheduler::State::collecting) {
        const auto waited = static_cast<std::uint64_t>((now - collecting_since_).count());
        HVFB_PROBE2(hvfbd, collect_done, waited, source.answer_owed);
        statistics_.collect_ns += waited;
        if (source.answer_owed) ++statistics_.unanswered;
    }
    return action;
}

// Its stores are found by comparing everything.
bool FrameRunner::whole(const ClientState& client_state) const {
    return client_state.polled() ||
           (!client_state.explicit_damage() && settings_.tracking == DisplaySettings::Tracking::compare);
}

DamageSource FrameRunner::damage_source() const {
    const Surface* surface = surfaces_.active();
    if (!surface) return {};
    const ClientState& client_state = surface->client_state();
    DamageSource source;
    source.exists = true;
    source.tracked = client_state.handshake_complete() && !client_state.explicit_damage();
    source.whole = whole(client_state);
    source.polled = client_state.polled();
    source.unprotected = client_state.unprotected();
    source.reports = client_state.reports();
    source.scans = client_state.scans();
    source.can_rest = client_state.can_rest();
    source.will_rest =
        source.can_rest && !source.whole && settings_.tracking != DisplaySettings::Tracking::scan;
    source.answer_owed = client_state.collecting();
    source.frame_requested = client_state.frame_request().has_value();
    source.reported = source.reports && client_state.reported() && !source.frame_requested;
    source.hinted = !client_state.damage_hints().empty();
    source.damaged_since = client_state.damaged_since();
    return source;
}

void FrameRunner::begin(const Action& action) {
    answers_frame_.reset();
    if (action.kind == Action::Kind::compare && !action.damage) return;
    if (settings_.refresh_mode == DisplaySettings::RefreshMode::periodic) presenter_.want_everything();
    Surface* surface = surfaces_.active();
    if (!surface) return;
    ClientState& client_state = surface->client_state();
    if (const auto& request = client_state.frame_request()) answers_frame_ = request->frame;
    // An announcement that came after the report is for the next frame.
    if (!(client_state.reports() && client_state.reported()) || answers_frame_) client_state.frame_begins();
}

void FrameRunner::compare(const Action& action, Time now) {
    Surface* surface = surfaces_.active();
    bool found = false;
    if (!surface) {
        std::array everywhere{presenter_.front().layout().rectangle()};
        found = !presenter_.compare(nullptr, everywhere).spans.empty();
    } else {
        if (action.whole) surface->client_state().damage_hints().add_everything();
        if (action.recheck) found = compare_again(*surface, now);
        if (action.damage) found = compare_damage(*surface, action, now) || found;
    }
    scheduler_.compared(found);
}

// What the client reported; whether something differed.
bool FrameRunner::compare_damage(Surface& surface, const Action& action, Time now) {
    ClientState& client_state = surface.client_state();
    if (client_state.damage_hints().empty()) {
        if (client_state.unprotected()) client_state.note_compared({});
        return false;
    }
    std::array everywhere{presenter_.front().layout().rectangle()};
    std::span<const Rectangle> where =
        client_state.damage_hints().everything() ? everywhere : client_state.damage_hints().rectangles();
    // Most compares of what is open find nothing where a program draws less often than the limit.
    bool skipped =
        action.sampled && client_state.only_open() && !presenter_.compare_sampled(surface.shadow(), where);
    if (skipped)
        where = {};
    else
        scheduler_.compared_in_full(now);
    const Found& compared = presenter_.compare(&surface.shadow(), where);
    bool found = !compared.spans.empty();
    if (client_state.unprotected() && !skipped)
        client_state.note_compared(changed_pages(surface.shadow().layout(), compared.spans));
    // What is open all the time is reported again until it is protected, and what is compared by itself
    // anyhow; but one that is polled for want of its HELLO, after a restart, may rest from its answer on.
    bool always = whole(client_state) && !client_state.polled();
    if (!client_state.explicit_damage() && !always && !client_state.only_open())
        scheduler_.recheck_later(client_state.damage_hints(), surface.shadow().layout(),
                                 client_state.caught() && !found, now);
    client_state.compared();
    if (found && client_state.reports() && scheduler_.notify_compared(now)) surface.send_compared();
    return found;
}

bool FrameRunner::compare_again(const Surface& surface, Time now) {
    // What is hinted is compared as well, right after this.
    const DamageHints& hints = surface.client_state().damage_hints();
    Region where;
    if (!hints.everything()) {
        where = Region(scheduler_.recheck_area());
        where -= Region(hints.rectangles());
    }
    bool found = !presenter_.compare(&surface.shadow(), where.rectangles()).spans.empty();
    scheduler_.rechecked(found, now);
    return found;
}

void FrameRunner::present(Time now) {
    using Presented = FrameScheduler::Presented;
    Presented presented = presenter_.present(now, settings_.max_rects);
    if (presented != Presented::refused) presenter_.start_viewers(now);
    if (presented == Presented::done && scheduler_.announced_at())
        statistics_.first_frame_ns =
            static_cast<std::uint64_t>((clock_now() - *scheduler_.announced_at()).count());
    HVFB_PROBE2(hvfbd, frame, static_cast<int>(presented),
                scheduler_.announced_at().value_or(Time{}).time_since_epoch().count());
    if (presented == Presented::nothing) ++statistics_.empty_looks;
    if (Surface* surface = surfaces_.active(); surface && answers_frame_ && presented != Presented::refused)
        surface->answer_frame(*answers_frame_, clock_now(), true);
    scheduler_.presented(presented, now);
}

}  // namespace hvfbd
