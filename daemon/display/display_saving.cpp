// What a display leaves to the next process, and takes over from the one before.
#include "display/display.h"

namespace hvfbd {

namespace {

// A process that is killed may have told viewers of frames in its last turn, before their number was saved:
// more than one turn presents.
constexpr std::uint64_t frames_unsaved = 8;

}  // namespace

void Display::restore(const SavedDisplay& display, std::uint64_t first_serial, RestoredDescriptors& restored,
                      Time now) {
    // Of another output it says nothing.
    if (display.output_name == output_.name()) mode_set_ = display.mode;
    presenter_.set_frame(display.frame + frames_unsaved);
    surfaces_.set_last_number(display.last_surface);
    viewers_.set_last_number(display.last_viewer);
    auto attempt = [&](const std::string& who, const auto& go_on) {
        try {
            go_on();
        } catch (const std::exception& exception) {
            observer_.not_restored(who, exception.what());
        }
    };
    for (const SavedSurface& saved : display.surfaces)
        attempt("surface" + std::to_string(saved.number),
                [&] { surfaces_.restore(saved, restored, first_serial); });
    for (const SavedViewer& saved : display.viewers)
        attempt("viewer" + std::to_string(saved.number),
                [&] { viewers_.restore(saved, restored, first_serial); });
    if (viewers_.size() > 0) output_.viewers_changed(viewers_.size());
    was_visible_ = visible();
    output_was_visible_ = output_.visible();
    // The mode may be another one, if the output had to begin anew.
    offer_buffers();
    scheduler_.refresh(now);
}

SavedDisplay Display::save(const DisplaySettings& configured) const {
    SavedDisplay display;
    display.settings = differences(configured, settings_);
    display.mode = mode_set_;
    display.frame = presenter_.frame();
    display.last_surface = surfaces_.last_number();
    display.last_viewer = viewers_.last_number();
    for (const Surface* surface : surfaces_.all()) display.surfaces.push_back(surface->save());
    for (const auto& viewer : viewers_.all()) display.viewers.push_back(viewer->save());
    display.output = output_.save();
    display.output_name = output_.name();
    display.size = {layout().width, layout().height};
    return display;
}

void Display::add_stored_descriptors(std::vector<StoredDescriptor>& stored_descriptors) const {
    for (const Surface* surface : surfaces_.all()) surface->add_stored_descriptors(stored_descriptors);
    for (const auto& viewer : viewers_.all()) viewer->add_stored_descriptors(stored_descriptors);
    output_.add_stored_descriptors(stored_descriptors);
}

}  // namespace hvfbd
