#pragma once

#include <optional>
#include <string>
#include <vector>

#include "output/drm/card.h"

namespace hvfbd::drm {

// A screen that is to show the picture.
struct Head {
    Id connector = 0, crtc = 0;
    std::string name;
    drmModeModeInfo mode{};

    bool operator==(const Head& other) const;
};

struct Plan {
    Mode mode;                // of the picture
    std::vector<Head> heads;  // all show the same; empty: nothing can be shown
    std::vector<Mode> modes;  // that can be asked for, the preferred one first
    bool wanted_mode = true;  // `mode` is the one that was asked for, if one was
    std::string obstacle;     // why there are no heads: a sentence
};

// Which screens show the picture, and in which mode. `connector`: that one alone; empty: the first that is
// connected, and every other that has a mode of the same size and a CRTC to spare. `wanted`: the mode, if one
// of them has it; otherwise what the first prefers. Interlaced and doubled modes are left out.
Plan choose(const Resources& resources, const std::string& connector, std::optional<Mode> wanted);

}  // namespace hvfbd::drm
