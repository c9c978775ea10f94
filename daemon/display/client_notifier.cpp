#include "display/client_notifier.h"

#include <utility>

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

void ClientNotifier::send_states(bool visible) {
    for (auto& surface : surfaces_.stack()) surface->send_state(state_of(*surface, visible));
}

message::State ClientNotifier::state_of(const Surface& surface, bool visible) const {
    const bool hidden = scheduler_.inhibited(FrameScheduler::Inhibitor::hidden);
    message::State state;
    state.visible = visible;
    state.active = surfaces_.is_active(surface);
    if (state.active && !hidden && !surface.client_state().explicit_damage())
        state.tracking = wanted_tracking(settings_.tracking);
    state.interval = static_cast<std::uint64_t>(settings_.interval().count());
    state.report = state.tracking != HVFB_TRACKING_OFF && surface.client_state().can_report();
    state.settle = static_cast<std::uint64_t>(Duration(settings_.settle_delay).count());
    state.idle_timeout = static_cast<std::uint64_t>(Duration(settings_.idle_timeout).count());
    return state;
}

void ClientNotifier::grant_userfaultfds(UserfaultfdGrants& grants) {
    grants_ = &grants;
    for (auto& surface : surfaces_.stack()) surface->forget_userfaultfd();
}

void ClientNotifier::give_userfaultfds() {
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

void ClientNotifier::answer_unshown_frames(Time now) {
    for (auto& surface : surfaces_.stack()) {
        const auto& request = surface->client_state().frame_request();
        if (!request) continue;
        const Duration timeout = scheduler_.frame_timeout(surfaces_.is_active(*surface));
        if (surface->client_state().frame_overdue(timeout, now))
            surface->answer_frame(request->frame, clock_now(), false);
    }
}

std::optional<Time> ClientNotifier::next_due() const {
    std::optional<Time> due;
    for (const auto& surface : surfaces_.stack()) keep_earliest(due, surface->client_state().frame_due());
    return due;
}

}  // namespace hvfbd
