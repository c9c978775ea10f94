#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/stored_descriptors.h"
#include "clients/saved.h"
#include "clients/surfaces.h"
#include "clients/viewers.h"

namespace hvfbd {

// What the next process needs to restore a display, beside the descriptors that are stored for it.
struct SavedDisplay {
    // What was set over the bus and differs from the configuration: property and value.
    std::vector<std::pair<std::string, std::string>> settings;
    std::optional<Mode> mode;  // the same of the mode
    std::uint64_t frame = 0;   // number of the last one presented
    SurfaceNumber last_surface = 0;
    unsigned last_viewer = 0;
    std::vector<SavedSurface> surfaces;  // bottom to top
    std::vector<SavedViewer> viewers;
    std::string output;       // for the output alone
    std::string output_name;  // which it is, and
    Mode size;                // of what it shows
    bool operator==(const SavedDisplay&) const = default;
};

// The surfaces and viewers of a display. All else has its default.
SavedDisplay save_peers(const Surfaces& surfaces, const Viewers& viewers);
// One that cannot be restored is left out, and the observer notified; its client sees the end of its channel.
void restore_peers(const SavedDisplay& saved, std::uint64_t first_serial, RestoredDescriptors& restored,
                   Surfaces& surfaces, Viewers& viewers, Observer& observer);

}  // namespace hvfbd
