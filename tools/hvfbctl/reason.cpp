#include "reason.h"

namespace hvfbctl {

namespace {

std::string why_hidden(const std::string& output) {
    if (output == "drm")
        return "hidden: no screen is connected and lit, or another program has the card; see: sudo hvfbctl "
               "doctor";
    const std::string normal = ", which is normal. What is drawn is shown as soon as somebody does";
    const std::string always = ". To present it all the same: sudo hvfbctl set WhenHidden ignore";
    if (output == "hyperv") return "hidden: the host says that nobody looks" + normal + always;
    return "hidden: nobody looks" + normal + ": hvfbctl view" + always;
}

bool stays_hidden(const ShownOrNot& display) {
    return !display.visible && (display.when_hidden != "ignore" || display.output == "drm");
}

}  // namespace

std::string why_nothing_is_shown(const ShownOrNot& display) {
    if (!display.problem.empty()) return "nothing is shown: " + display.problem;
    if (stays_hidden(display)) return why_hidden(display.output);
    if (!display.any_surface) return "no program draws: no surface is open";
    if (!display.active_surface) return "no surface is active; see: hvfbctl surfaces, hvfbctl activate";
    return {};
}

std::string why_shown_to_nobody(const ShownOrNot& display) {
    if (display.visible || !why_nothing_is_shown(display).empty()) return {};
    return "nobody looks, and what is drawn is presented all the same (WhenHidden=ignore). To pause it: sudo "
           "hvfbctl set WhenHidden pause";
}

bool is_trouble(const ShownOrNot& display) {
    return !display.problem.empty() || (display.output == "drm" && stays_hidden(display));
}

}  // namespace hvfbctl
