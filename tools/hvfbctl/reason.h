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

// Why what programs draw is not shown, and what mends or changes that. Empty: it is shown. Pure.
std::string why_nothing_is_shown(const ShownOrNot& display);
// Nobody looks, and all the same it is shown: how that comes, and what changes it. Empty: it is not so.
std::string why_shown_to_nobody(const ShownOrNot& display);
// Whether something is wrong, where nothing is shown: not so while nobody looks, or draws.
bool is_trouble(const ShownOrNot& display);

}  // namespace hvfbctl
