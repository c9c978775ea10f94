#pragma once

#include <optional>

#include "clients/surfaces.h"
#include "display/display_settings.h"
#include "display/frame_scheduler.h"
#include "display/presenter.h"
#include "display/statistics.h"

namespace hvfbd {

// Carries out what the frame scheduler says, at the active surface: asks its client for damage, compares
// there, presents what differed, and reports the result to the scheduler.
class FrameRunner {
  public:
    // Borrowed: all outlive it.
    FrameRunner(FrameScheduler& scheduler, const DisplaySettings& settings, Surfaces& surfaces,
                Presenter& presenter, Statistics& statistics)
        : scheduler_(scheduler),
          settings_(settings),
          surfaces_(surfaces),
          presenter_(presenter),
          statistics_(statistics) {}

    // The limit, the settle delay or the refresh mode may be other ones.
    void settings_changed();
    // Another surface may be active, or its client may have begun or ended a frame of its own.
    void follow_active(Time now);
    // Does all that is to be done now. When to run again; none: when something happens.
    std::optional<Time> run(Time now);
    // The last frame, whatever inhibits: waits for nobody.
    void flush(Time now);

  private:
    DamageSource damage_source() const;
    FrameScheduler::Action next(Time now);
    void begin(const FrameScheduler::Action& action);
    void compare(const FrameScheduler::Action& action, Time now);
    bool compare_damage(Surface& surface, const FrameScheduler::Action& action, Time now);
    bool compare_again(const Surface& surface, Time now);
    void present(Time now);
    bool whole(const ClientState& client_state) const;

    FrameScheduler& scheduler_;
    const DisplaySettings& settings_;
    Surfaces& surfaces_;
    Presenter& presenter_;
    Statistics& statistics_;
    SurfaceNumber followed_ = 0;  // the surface that was active last; 0: none
    Time collecting_since_{};
    // The newest frame that was asked for when the frame under way began: what is asked for meanwhile may
    // have been drawn too late for it.
    std::optional<std::uint64_t> answers_frame_;
};

}  // namespace hvfbd
