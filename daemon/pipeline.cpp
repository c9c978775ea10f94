#include "pipeline.h"

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace hvfbd {

namespace {

// What a FRAME waits for a present that the output refuses.
constexpr Duration longest_refusal = std::chrono::seconds(1);

hvfb_tracking wanted_tracking(Tuning::Tracking tracking) {
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
    : output_(output),
      report_(report),
      tuning_(tuning),
      viewers_(loop, report),
      surfaces_(loop, report),
      presenter_(output, viewers_, statistics_),
      looks_(surfaces_, presenter_, statistics_),
      alarm_(loop, [] {}),
      was_visible_(output.visible()),
      output_was_visible_(output.visible()),
      modes_(output.modes()) {
    output_.listen(this);
    output_.ignore_hidden(tuning_.when_hidden == Tuning::WhenHidden::ignore);
}

Pipeline::~Pipeline() {
    output_.listen(nullptr);
}

Surfaces::Opened Pipeline::open_surface(const SurfaceOptions& options, Client client, Time now,
                                        std::size_t elsewhere) {
    wanted();
    return surfaces_.open(options, std::move(client), layout(), now, elsewhere);
}

Viewers::Opened Pipeline::open_viewer(Client client, Time now, std::size_t elsewhere) {
    wanted();
    Viewers::Opened opened = viewers_.open(std::move(client), front(), elsewhere);
    output_.viewers_changed(viewers_.size());
    looks_.look_at(now);
    return opened;
}

void Pipeline::activate(SurfaceNumber number, Time) {
    surfaces_.activate(number);
    wanted();
}

void Pipeline::close_surface(SurfaceNumber number, Time) {
    surfaces_.close(number, "closed from outside");
}

void Pipeline::set_tuning(const Tuning& tuning, Time now) {
    bool tracks_otherwise = tuning.tracking != tuning_.tracking;
    bool hides_otherwise = tuning.when_hidden != tuning_.when_hidden;
    looks_.change_interval(tuning_.interval(), tuning.interval());
    tuning_ = tuning;
    if (hides_otherwise) {
        output_.ignore_hidden(tuning.when_hidden == Tuning::WhenHidden::ignore);
        // What was drawn while hidden was neither tracked nor told.
        refresh(now);
    }
    if (!tracks_otherwise) return;
    if (Surface* surface = surfaces_.active()) {
        surface->conversation().hints().add_everything();
        surface->conversation().announce(now);
    }
}

void Pipeline::set_mode(Mode mode, Time) {
    const Mode before{layout().width, layout().height};
    output_.set_mode(mode);
    try {
        if (output_.layout() != layout()) presenter_.prepare();
    } catch (const std::system_error& error) {
        output_.set_mode(before);
        throw Refusal(Refusal::Kind::failed, std::to_string(mode.width) + "x" + std::to_string(mode.height) +
                                                 " could not be set: " + error.what());
    }
    mode_set_ = mode;
}

void Pipeline::wanted() {
    too_large_.reset();
    output_.wanted();
}

void Pipeline::refresh(Time now) {
    presenter_.want_everything();
    looks_.look_at(now);
    if (Surface* surface = surfaces_.active()) surface->conversation().hints().add_everything();
}

void Pipeline::suspend(Time now) {
    finish(now);
    output_.suspend();
}

void Pipeline::resume(Time now) {
    output_.resume();
    refresh(now);
}

void Pipeline::update(Time now) {
    ++statistics_.wakeups;
    notice_clients(now);
    notice_output(now);
    notice_active(now);
    tell_states();

    if (looks_.waiting_until()) looks_.go_on(tuning_, holds_.count() > 0, now);
    Decision decision{Decision::Kind::rest, now};
    if (!looks_.waiting_until()) {
        decision = decide(facts(), now);
        if (decision.kind == Decision::Kind::present) {
            looks_.begin(tuning_, now);
            if (!looks_.waiting_until()) decision = decide(facts(), now);
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
    if (output_.layout() != layout()) follow_output(now);
    holds_.set(Holds::Reason::no_front, output_.layout() != layout());
    if (std::ranges::any_of(surfaces_.stack(),
                            [](const auto& surface) { return surface->has_unsent_offer(); })) {
        report_.handing_over();
        for (auto& surface : surfaces_.stack()) surface->send_offer();
    }
    holds_.set(Holds::Reason::hidden, !visible() && tuning_.when_hidden == Tuning::WhenHidden::pause);
    // What was drawn unseen was not tracked, and a host that shows its window again may have lost the
    // picture.
    bool lost = output_.take_repaint();
    if (lost || (visible() && !was_visible_) || (output_.visible() && !output_was_visible_)) refresh(now);
    output_was_visible_ = output_.visible();
    if (visible() != was_visible_) {
        was_visible_ = visible();
        report_.visibility_changed(was_visible_);
    }
    if (std::exchange(modes_may_differ_, false) && output_.modes() != modes_) {
        modes_ = output_.modes();
        report_.modes_changed();
    }
}

void Pipeline::follow_output(Time now) {
    const Layout layout = output_.layout();
    if (too_large_ == layout) return;
    try {
        presenter_.start_over();
    } catch (const std::system_error& error) {
        too_large_ = layout;
        report_.output_said(true, "nothing is shown in " + std::to_string(layout.width) + "x" +
                                      std::to_string(layout.height) + ": " + error.what() +
                                      "; free memory, or set a smaller mode");
        return;
    }
    too_large_.reset();
    offer_buffers();
    refresh(now);
    report_.layout_changed(layout);
}

void Pipeline::offer_buffers() {
    for (auto& surface : surfaces_.stack()) {
        try {
            surface->configure(layout());
        } catch (const std::system_error& error) {
            report_.output_said(true, "surface" + std::to_string(surface->number()) +
                                          " stays as large as it is: " + error.what());
        }
    }
}

void Pipeline::notice_active(Time now) {
    Surface* surface = surfaces_.active();
    SurfaceNumber number = surface ? surface->number() : 0;
    if (number != shown_) {
        shown_ = number;
        looks_.start_over(now);
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
            state.tracking = wanted_tracking(tuning_.tracking);
        state.interval = static_cast<std::uint64_t>(tuning_.interval().count());
        state.report = state.tracking != HVFB_TRACKING_OFF && surface->conversation().can_report();
        state.settle = static_cast<std::uint64_t>(Duration(tuning_.settle_delay).count());
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
    looks_.add_facts(facts);
    if (const Surface* surface = surfaces_.active()) {
        const Conversation& conversation = surface->conversation();
        facts.damaged_since = conversation.damaged_since();
        // What it reports by itself has settled; what it only announced is not waited for without end.
        if (conversation.reports() && !conversation.frame_request())
            facts.settle = conversation.reported() ? Duration{} : facts.settle + Looks::report_patience;
    }
    return facts;
}

Duration Pipeline::patience(const Surface& surface) const {
    Duration interval = std::max<Duration>(tuning_.interval(), Looks::empty_interval);
    bool shown = surface.active() && !holds_.held(Holds::Reason::hidden);
    return shown ? tuning_.settle_delay + interval + longest_refusal : interval;
}

void Pipeline::answer_unshown_frames(Time now) {
    for (auto& surface : surfaces_.stack()) {
        const auto& request = surface->conversation().frame_request();
        if (!request) continue;
        if (now - request->since >= patience(*surface))
            surface->answer_frame(request->frame, clock_now(), false);
    }
}

void Pipeline::set_alarm(const Decision& decision, Time now) {
    std::optional<Time> at = looks_.waiting_until();
    if (decision.kind != Decision::Kind::rest) keep_earliest(at, std::max(decision.at, now));
    for (auto& surface : surfaces_.stack()) {
        const Conversation& conversation = surface->conversation();
        if (surface->active() && conversation.frame_open_since())
            keep_earliest(at, *conversation.frame_open_since() + Holds::longest_frame);
        const auto& request = conversation.frame_request();
        if (request) keep_earliest(at, request->since + patience(*surface));
    }
    alarm_.set(at);
}

void Pipeline::finish(Time now) {
    if (Surface* surface = surfaces_.active()) surface->conversation().hints().add_everything();
    presenter_.want_everything();
    looks_.last(tuning_, now);
}

void Pipeline::last_words() noexcept {
    presenter_.last_words();
    output_.last_words();
}

Statistics Pipeline::statistics() const {
    Statistics statistics = statistics_;
    statistics.messages_malformed = surfaces_.violations() + viewers_.violations();
    statistics.messages_throttled = surfaces_.throttled();
    return statistics;
}

}  // namespace hvfbd
