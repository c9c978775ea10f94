#pragma once

#include <string>
#include <vector>

#include "clients/observer.h"
#include "output/output.h"

namespace hvfbd {

// Reports what is different now from what the observer knows of a display. Each change is remembered after it
// was reported: one that could not be is reported the next time.
class ChangeReporter {
  public:
    // Borrowed: both outlive it. The observer is taken to know what the output is like now.
    ChangeReporter(const Output& output, Observer& observer)
        : output_(output),
          observer_(observer),
          visible_(output.visible()),
          output_visible_(output.visible()),
          layout_(output.layout()),
          modes_(output.modes()) {}

    // The output said that something changed: its modes may have.
    void modes_may_differ() noexcept { modes_may_differ_ = true; }
    // As if it had been reported: the daemon before did.
    void assume_visible(bool visible) {
        visible_ = visible;
        output_visible_ = output_.visible();
    }

    // Since the last report: somebody, or the output itself, looks again.
    bool became_visible(bool visible) const {
        return (visible && !visible_) || (output_.visible() && !output_visible_);
    }

    // `visible`: somebody looks, at the output or at front.
    // `active`: the surface that is shown, or 0. `viewers`: how many there are. `problem`: why nothing is
    // shown, or empty.
    void report(bool visible, const Layout& layout, SurfaceNumber active, std::size_t viewers,
                const std::string& problem) {
        output_visible_ = output_.visible();
        if (visible != visible_) {
            observer_.visibility_changed(visible);
            visible_ = visible;
        }
        if (modes_may_differ_ && output_.modes() != modes_) {
            observer_.modes_changed();
            modes_ = output_.modes();
        }
        modes_may_differ_ = false;
        if (layout != layout_) {
            observer_.layout_changed(layout);
            layout_ = layout;
        }
        if (active != active_) {
            observer_.active_surface_changed();
            active_ = active;
        }
        if (viewers != viewers_) {
            observer_.viewer_count_changed(viewers);
            viewers_ = viewers;
        }
        if (problem != problem_) {
            observer_.problem_changed(problem);
            problem_ = problem;
        }
    }

  private:
    const Output& output_;
    Observer& observer_;
    bool visible_, output_visible_;
    Layout layout_;
    SurfaceNumber active_ = 0;
    std::vector<Mode> modes_;
    std::size_t viewers_ = 0;
    std::string problem_;
    bool modes_may_differ_ = false;
};

}  // namespace hvfbd
