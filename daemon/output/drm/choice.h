#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "output/drm/card.h"

namespace hvfbd::drm {

// What a display would like. `connector`: that one alone; empty: the first that is connected, and every other
// that has a mode of the same size and a CRTC to spare. `mode`: if one of them has it; otherwise what the
// first prefers.
struct Wish {
    std::string connector;
    std::optional<Mode> mode;
};

// A screen that is to show the picture.
struct Head {
    Id connector = 0, crtc = 0;
    std::string name;
    drmModeModeInfo mode{};

    bool operator==(const Head& other) const;
};

// What a display gets.
struct Plan {
    Mode mode;                // of the picture
    std::vector<Head> heads;  // all show the same; empty: nothing can be shown
    std::vector<Mode> modes;  // that can be asked for, the preferred one first
    bool wanted_mode = true;  // `mode` is the one that was asked for, if one was
    std::string obstacle;     // why there are no heads: a sentence
};

// Which screens show the pictures, and in which mode: a plan for each wish, and as many screens as can be,
// those of the first wishes first. Interlaced and doubled modes are left out.
std::vector<Plan> choose(const Resources& resources, std::span<const Wish> wishes);

// The connector of each display, where each has one of its own: those of `before` (display0 first) where they
// were, as far as the card has them; in all other places those with a screen first, since that is where
// somebody looks.
std::vector<std::string> connectors_in_order(const Resources& resources, std::vector<std::string> before);

}  // namespace hvfbd::drm
