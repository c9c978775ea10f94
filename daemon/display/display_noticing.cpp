// What has happened since the last turn, and who is told of it.
#include <algorithm>
#include <utility>

#include "display/display.h"

namespace hvfbd {

namespace {

hvfb_tracking wanted_tracking(DisplaySettings::Tracking tracking) {
    switch (tracking) {
        case DisplaySettings::Tracking::fault:
            return HVFB_TRACKING_FAULT;
        case DisplaySettings::Tracking::scan:
            return HVFB_TRACKING_SCAN;
        case DisplaySettings::Tracking::compare:
            return HVFB_TRACKING_COMPARE;
        case DisplaySettings::Tracking::automatic:
            break;
    }
    return HVFB_TRACKING_AUTO;
}

}  // namespace

void Display::notice_clients(Time now) {
    std::size_t surfaces = surfaces_.all().size(), viewers = viewers_.size();
    surfaces_.reap();
    viewers_.reap();
    if (viewers_.size() != viewers) output_.viewers_changed(viewers_.size());
    if (surfaces_.all().size() != surfaces || viewers_.size() != viewers) try_again();
    for (auto& surface : surfaces_.stack()) {
        surface->take_configured(now);
        auto counts = surface->client_state().take_counts();
        statistics_.announcements += counts.announcements;
        statistics_.faults += counts.faults;
        statistics_.scans += counts.scans;
        statistics_.state_changes += counts.state_changes;
    }
}

void Display::notice_output(Time now) {
    if (output_.layout() != layout()) follow_output(now);
    if (std::exchange(offers_due_, false)) offer_buffers();
    scheduler_.inhibit(FrameScheduler::Inhibitor::no_front, output_.layout() != layout());
    scheduler_.inhibit(FrameScheduler::Inhibitor::hidden,
                       !visible() && settings_.when_hidden == DisplaySettings::WhenHidden::pause);
    // What was drawn unseen was not tracked, and a host that shows its window again may have lost the
    // picture.
    bool lost = output_.take_repaint();
    if (lost || (visible() && !was_visible_) || (output_.visible() && !output_was_visible_)) refresh(now);
    output_was_visible_ = output_.visible();
    // Reported first: what could not be is in the next turn.
    if (visible() != was_visible_) {
        observer_.visibility_changed(visible());
        was_visible_ = visible();
    }
    if (modes_may_differ_ && output_.modes() != modes_) {
        observer_.modes_changed();
        modes_ = output_.modes();
    }
    modes_may_differ_ = false;
    if (told_layout_ != layout()) {
        observer_.layout_changed(layout());
        told_layout_ = layout();
    }
}

void Display::follow_output(Time now) {
    const Layout layout = output_.layout();
    if (too_large_ == layout) return;
    try {
        presenter_.start_over();
    } catch (const std::system_error& error) {
        too_large_ = layout;
        observer_.output_said(true, "nothing is shown in " + std::to_string(layout.width) + "x" +
                                        std::to_string(layout.height) + ": " + error.what() +
                                        "; free memory, or set a smaller mode");
        return;
    }
    too_large_.reset();
    refresh(now);
    offer_buffers();
}

void Display::offer_buffers() {
    for (auto& surface : surfaces_.stack()) {
        try {
            surface->configure(layout());
        } catch (const std::exception& error) {
            offer_missing_ = true;
            observer_.output_said(true, "surface" + std::to_string(surface->number()) +
                                            " stays as large as it is: " + error.what());
        }
    }
}

void Display::notice_active(Time now) {
    Surface* surface = surfaces_.active();
    SurfaceNumber number = surface ? surface->number() : 0;
    if (number != shown_) {
        scheduler_.surface_changed(now);
        if (surface) {
            surface->client_state().hints().add_everything();
            surface->client_state().announce(now);
        }
        observer_.active_surface_changed();
        shown_ = number;
    }
    std::optional<Time> open = surface ? surface->client_state().frame_open_since() : std::nullopt;
    if (!scheduler_.frame_open(open, now)) surface->client_state().close_frame();
}

void Display::send_offers() {
    if (std::ranges::none_of(surfaces_.stack(),
                             [](const auto& surface) { return surface->has_unsent_offer(); }))
        return;
    if (!observer_.persist_before_acknowledge()) return;
    for (auto& surface : surfaces_.stack()) surface->send_offer();
}

void Display::tell_states() {
    bool hidden = scheduler_.inhibited(FrameScheduler::Inhibitor::hidden);
    for (auto& surface : surfaces_.stack()) {
        message::State state;
        state.visible = visible();
        state.active = surface->active();
        if (surface->active() && !hidden && !surface->client_state().explicit_damage())
            state.tracking = wanted_tracking(settings_.tracking);
        state.interval = static_cast<std::uint64_t>(settings_.interval().count());
        state.report = state.tracking != HVFB_TRACKING_OFF && surface->client_state().can_report();
        state.settle = static_cast<std::uint64_t>(Duration(settings_.settle_delay).count());
        state.idle_timeout = static_cast<std::uint64_t>(Duration(settings_.idle_timeout).count());
        surface->tell_state(state);
    }
}

void Display::give_userfaultfds() {
    if (!grants_ || !grants_->allowed()) return;
    for (auto& surface : surfaces_.stack()) {
        if (!surface->wants_userfaultfd()) continue;
        Descriptor device = grants_->open();
        bool had = static_cast<bool>(device);
        surface->give_userfaultfd(std::move(device));
        if (had)
            observer_.userfaultfd_given(surface->number(), surface->name(), *surface->client());
        else if (auto problem = grants_->take_problem())
            observer_.userfaultfd_not_to_be_had(*problem);
    }
}

}  // namespace hvfbd
