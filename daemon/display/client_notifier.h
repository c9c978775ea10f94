#pragma once

#include <optional>

#include "clients/observer.h"
#include "clients/surfaces.h"
#include "clients/userfaultfd_grants.h"
#include "display/display_settings.h"
#include "display/frame_scheduler.h"

namespace hvfbd {

// What the clients that draw are sent besides frames: their state, a userfaultfd, and that a frame was not
// shown.
class ClientNotifier {
  public:
    // Borrowed: all outlive it.
    ClientNotifier(Surfaces& surfaces, const DisplaySettings& settings, const FrameScheduler& scheduler,
                   Observer& observer)
        : surfaces_(surfaces), settings_(settings), scheduler_(scheduler), observer_(observer) {}

    // Each client its state, if that differs from the last one sent.
    void send_states(bool visible);
    // Those that ask for one, if `grants` allows it.
    void give_userfaultfds();
    // From now on by these, which outlive this; asks them anew for each client.
    void grant_userfaultfds(UserfaultfdGrants& grants);
    // Answers the requests for frames that were not shown in time.
    void answer_unshown_frames(Time now);
    // When that is next due; none: not by itself.
    std::optional<Time> next_due() const;

  private:
    message::State state_of(const Surface& surface, bool visible) const;

    Surfaces& surfaces_;
    const DisplaySettings& settings_;
    const FrameScheduler& scheduler_;
    Observer& observer_;
    UserfaultfdGrants* grants_ = nullptr;
};

}  // namespace hvfbd
