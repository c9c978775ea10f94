#pragma once

#include <string>

namespace hvfbctl {

// What decides whether something is shown.
struct ShownOrNot {
    std::string output;       // memory, uio, drm or hyperv
    std::string problem;      // the daemon's own sentence; empty: none
    std::string when_hidden;  // pause or ignore
    bool visible = true;
    bool any_surface = false, active_surface = false;
};

// Why what programs draw is not shown, and what mends that. Empty: it is shown. Pure.
std::string why_nothing_is_shown(const ShownOrNot& display);

}  // namespace hvfbctl
