// What a display leaves to the next process, and takes over from the one before.
#include "display/pipeline.h"

namespace hvfbd {

namespace {

// A process that is killed may have told viewers of frames in its last turn, before their number was saved:
// more than one turn presents.
constexpr std::uint64_t frames_unsaved = 8;

}  // namespace

void Pipeline::restore(const KeptDisplay& display, std::uint64_t first_serial, Legacy& legacy, Time now) {
    // Of another output it says nothing.
    if (display.output_name == output_.name()) mode_set_ = display.mode;
    presenter_.set_frame(display.frame + frames_unsaved);
    surfaces_.set_last_number(display.last_surface);
    viewers_.set_last_number(display.last_viewer);
    auto attempt = [&](const std::string& who, const auto& go_on) {
        try {
            go_on();
        } catch (const std::exception& exception) {
            report_.not_restored(who, exception.what());
        }
    };
    for (const KeptSurface& kept : display.surfaces)
        attempt("surface" + std::to_string(kept.number),
                [&] { surfaces_.restore(kept, legacy, first_serial); });
    for (const KeptViewer& kept : display.viewers)
        attempt("viewer" + std::to_string(kept.number),
                [&] { viewers_.restore(kept, legacy, first_serial); });
    if (viewers_.size() > 0) output_.viewers_changed(viewers_.size());
    was_visible_ = visible();
    output_was_visible_ = output_.visible();
    // The mode may be another one, if the output had to begin anew.
    offer_buffers();
    scheduler_.refresh(now);
}

KeptDisplay Pipeline::keep(const Tuning& configured) const {
    KeptDisplay display;
    display.tuning = differences(configured, tuning_);
    display.mode = mode_set_;
    display.frame = presenter_.frame();
    display.last_surface = surfaces_.last_number();
    display.last_viewer = viewers_.last_number();
    for (const Surface* surface : surfaces_.all()) display.surfaces.push_back(surface->kept());
    for (const auto& viewer : viewers_.all()) display.viewers.push_back(viewer->kept());
    display.output = output_.kept();
    display.output_name = output_.name();
    display.size = {layout().width, layout().height};
    return display;
}

void Pipeline::add_keepsakes(std::vector<Keepsake>& keepsakes) const {
    for (const Surface* surface : surfaces_.all()) surface->add_keepsakes(keepsakes);
    for (const auto& viewer : viewers_.all()) viewer->add_keepsakes(keepsakes);
    output_.add_keepsakes(keepsakes);
}

}  // namespace hvfbd
