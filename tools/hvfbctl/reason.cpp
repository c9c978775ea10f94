#include "reason.h"

namespace hvfbctl {

namespace {

std::string why_hidden(const std::string& output) {
    if (output == "drm")
        return "hidden: no screen is connected and lit, or another program has the card; see: hvfbctl doctor";
    if (output == "hyperv")
        return "hidden: the host says that nobody looks; open its window, or: hvfbctl set WhenHidden ignore";
    return "hidden: nobody looks; open a viewer, or: hvfbctl set WhenHidden ignore";
}

}  // namespace

std::string why_nothing_is_shown(const ShownOrNot& display) {
    if (!display.problem.empty()) return "nothing is shown: " + display.problem;
    const bool stays_hidden = display.when_hidden != "ignore" || display.output == "drm";
    if (!display.visible && stays_hidden) return why_hidden(display.output);
    if (!display.any_surface) return "no program draws: no surface is open";
    if (!display.active_surface) return "no surface is active; see: hvfbctl surfaces, hvfbctl activate";
    return {};
}

}  // namespace hvfbctl
