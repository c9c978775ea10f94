#include "display/display.h"

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace hvfbd {

namespace {

// How long after a turn that could not be finished.
constexpr Duration until_recovery = std::chrono::milliseconds(100);

void keep_earliest(std::optional<Time>& earliest, std::optional<Time> at) {
    if (at && (!earliest || *at < *earliest)) earliest = at;
}

}  // namespace

Display::Display(EventLoop& loop, Output& output, const DisplaySettings& settings, Observer& report)
    : output_(output),
      observer_(report),
      settings_(settings),
      viewers_(loop, report),
      surfaces_(loop, report),
      presenter_(output, viewers_, statistics_),
      frames_(scheduler_, settings_, surfaces_, presenter_, statistics_),
      alarm_(loop, [] {}),
      told_layout_(output.layout()),
      was_visible_(output.visible()),
      output_was_visible_(output.visible()),
      modes_(output.modes()) {
    scheduler_.settings_changed(schedule_settings());
    output_.listen(this);
    output_.ignore_hidden(settings_.when_hidden == DisplaySettings::WhenHidden::ignore);
}

Display::~Display() {
    output_.listen(nullptr);
}

Surfaces::Opened Display::open_surface(const SurfaceOptions& options, Client client, Time now,
                                       const Surfaces::Elsewhere& elsewhere) {
    wanted();
    return surfaces_.open(options, std::move(client), layout(), now, elsewhere);
}

Viewers::Opened Display::open_viewer(Client client, Time now, std::size_t elsewhere) {
    wanted();
    Viewers::Opened opened = viewers_.open(std::move(client), front(), elsewhere);
    output_.viewers_changed(viewers_.size());
    scheduler_.refresh(now);
    return opened;
}

void Display::activate(SurfaceNumber number, Time now) {
    surfaces_.activate(number);
    complete(now);
    wanted();
}

void Display::close_surface(SurfaceNumber number, Time now) {
    surfaces_.close(number, "closed from outside");
    complete(now);
}

void Display::complete(Time now) {
    try {
        if (output_.layout() != layout()) follow_output(now);
        // Who is answered may have asked the next thing already, and a process that is killed now has
        // answered.
        observer_.persist_before_acknowledge();
    } catch (const std::exception& error) {
        recover(error, now);
    }
}

void Display::change_settings(const DisplaySettings& settings, Time now) {
    bool tracks_otherwise = settings.tracking != settings_.tracking;
    bool hides_otherwise = settings.when_hidden != settings_.when_hidden;
    settings_ = settings;
    scheduler_.settings_changed(schedule_settings());
    complete(now);
    if (hides_otherwise) {
        output_.ignore_hidden(settings.when_hidden == DisplaySettings::WhenHidden::ignore);
        // What was drawn while hidden was neither tracked nor told.
        refresh(now);
    }
    if (!tracks_otherwise) return;
    if (Surface* surface = surfaces_.active()) {
        surface->client_state().hints().add_everything();
        surface->client_state().announce(now);
    }
}

void Display::grant_userfaultfds(UserfaultfdGrants& grants) {
    grants_ = &grants;
    for (auto& surface : surfaces_.stack()) surface->forget_userfaultfd();
}

void Display::set_mode(Mode mode, Time now) {
    const Mode before{layout().width, layout().height};
    auto refuse = [&](const std::exception& why) {
        throw RequestError(RequestError::Kind::failed, std::to_string(mode.width) + "x" +
                                                           std::to_string(mode.height) +
                                                           " could not be set: " + why.what());
    };
    // Before the output is asked, which might not find its way back; but not for what it will refuse. It may
    // choose another stride.
    const auto modes = output_.modes();
    try {
        if (modes.empty() || std::ranges::find(modes, mode) != modes.end())
            presenter_.prepare(layout_for(mode));
        output_.set_mode(mode);
    } catch (const std::system_error& error) {
        presenter_.forget_prepared();
        refuse(error);
    } catch (...) {
        presenter_.forget_prepared();
        throw;
    }
    try {
        if (output_.layout() != layout())
            presenter_.prepare(output_.layout());
        else
            presenter_.forget_prepared();
    } catch (const std::exception& error) {
        output_.set_mode(before);
        refuse(error);
    }
    mode_set_ = mode;
    complete(now);
}

void Display::wanted() {
    try_again();
    output_.wanted();
}

void Display::try_again() {
    too_large_.reset();
    offers_due_ = std::exchange(offer_missing_, false) || offers_due_;
}

void Display::refresh(Time now) {
    presenter_.want_everything();
    scheduler_.refresh(now);
    if (Surface* surface = surfaces_.active()) surface->client_state().hints().add_everything();
}

void Display::suspend(Time now) {
    finish(now);
    output_.suspend();
}

void Display::resume(Time now) {
    output_.resume();
    refresh(now);
}

void Display::update(Time now) {
    ++statistics_.wakeups;
    try {
        turn(now);
        recovering_ = false;
    } catch (const std::system_error& error) {
        recover(error, now);
    } catch (const std::bad_alloc& error) {
        recover(error, now);
    }
}

// Where it stopped is not known: all is compared and presented anew, a little later. What a turn notices it
// notices in the next one, too.
void Display::recover(const std::exception& why, Time now) {
    refresh(now);
    scheduler_.frame_failed(now);
    alarm_.set(now + until_recovery);
    if (std::exchange(recovering_, true)) return;
    try {
        observer_.output_said(
            true, std::string("what there was to do could not be done, and is tried again: ") + why.what());
    } catch (const std::exception&) {
        // There is no memory to say so.
    }
}

void Display::turn(Time now) {
    notice_clients(now);
    notice_output(now);
    notice_active(now);
    tell_states();
    give_userfaultfds();
    send_offers();

    std::optional<Time> at = frames_.run(now);
    answer_unshown_frames(now);
    set_alarm(at, now);
}

FrameScheduler::Settings Display::schedule_settings() const {
    return {settings_.interval(), settings_.settle_delay,
            settings_.refresh_mode == DisplaySettings::RefreshMode::periodic};
}

void Display::answer_unshown_frames(Time now) {
    for (auto& surface : surfaces_.stack()) {
        const auto& request = surface->client_state().frame_request();
        if (!request) continue;
        if (surface->client_state().frame_overdue(scheduler_.frame_timeout(surface->active()), now))
            surface->answer_frame(request->frame, clock_now(), false);
    }
}

void Display::set_alarm(std::optional<Time> at, Time now) {
    for (auto& surface : surfaces_.stack()) {
        const ClientState& client_state = surface->client_state();
        keep_earliest(at, client_state.frame_due());
        // One that could not be told something in this turn.
        if (!surface->over().empty()) keep_earliest(at, now);
    }
    for (const auto& viewer : viewers_.all())
        if (!viewer->over().empty()) keep_earliest(at, now);
    alarm_.set(at);
}

void Display::finish(Time now) {
    if (Surface* surface = surfaces_.active()) surface->client_state().hints().add_everything();
    presenter_.want_everything();
    frames_.flush(now);
}

void Display::flush_on_crash() noexcept {
    presenter_.flush_on_crash();
    output_.flush_on_crash();
}

Statistics Display::statistics() const {
    Statistics statistics = statistics_;
    statistics.messages_malformed = surfaces_.violations() + viewers_.violations();
    statistics.messages_throttled = surfaces_.throttled();
    return statistics;
}

}  // namespace hvfbd
