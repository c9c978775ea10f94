#include "restart/state_rules.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "base/error.h"

namespace hvfbd {

namespace {

constexpr std::size_t most_displays = 64, most_settings = 64, most_surfaces = 4096, most_viewers = 4096;
constexpr std::size_t longest_word = 64, longest_bus_name = 255, longest_output = 65536;
// A pid or a number of a surface that is no int any more would be another's when it is used.
constexpr std::uint32_t largest_pid = 1U << 30;
// Serials have 32 bits for it.
constexpr std::uint64_t most_generations = std::uint64_t{1} << 31;

bool is_valid(Mode mode) {
    return saved_layout(mode.width, mode.height, mode.width * bytes_per_pixel).has_value();
}

bool is_valid(const Layout& layout) {
    return saved_layout(layout.width, layout.height, layout.stride) == layout;
}

std::string why_unsound(const SavedClient& client) {
    if (client.bus_name.size() > longest_bus_name) return "its client's bus name is too long";
    if (client.pid > largest_pid) return "its client's pid is too large";
    return {};
}

std::string why_unsound(const SavedSurface& surface) {
    if (surface.name.size() > longest_word) return "its name is too long";
    if (!is_valid(surface.layout) || (surface.offer && !is_valid(surface.offer->layout)) ||
        (surface.replaced && !is_valid(surface.replaced->layout)))
        return "it has a layout that no buffer has";
    if (!surface.client && !surface.keep) return "it has no client and was not to stay without one";
    if (!surface.client && surface.offer) return "it has an offer and no client to answer it";
    if (!surface.client && surface.frame) return "it has a frame to answer and no client that asked for it";
    if (surface.offer && surface.offer->serial == surface.shadow)
        return "its offer is the buffer that it has";
    // It was replaced by an offer, and what it stands for is in the store under its serial.
    if (surface.replaced && (!surface.offer || surface.replaced->serial == surface.shadow ||
                             surface.replaced->serial == surface.offer->serial))
        return "its replaced offer is another buffer's, or was replaced by none";
    return surface.client ? why_unsound(*surface.client) : std::string();
}

std::string why_unsound(const SavedViewer& viewer) {
    return why_unsound(viewer.client);
}

// Numbers are paths on the bus and names of descriptors: each once, and none that is yet to be given.
template <typename Items>
std::string why_unsound(const Items& items, std::string_view what, unsigned last) {
    std::set<unsigned> seen;
    for (const auto& item : items) {
        std::string name = std::string(what) + " " + std::to_string(item.number);
        if (item.number == 0 || item.number > last) return name + " has a number that was never given";
        if (!seen.insert(item.number).second) return name + " is there twice";
        if (std::string why = why_unsound(item); !why.empty()) return name + ": " + why;
    }
    return {};
}

std::string why_unsound(const SavedDisplay& display) {
    if (display.settings.size() > most_settings || display.surfaces.size() > most_surfaces ||
        display.viewers.size() > most_viewers)
        return "it has more settings, surfaces or viewers than there can be";
    if (std::ranges::any_of(display.settings, [](const auto& setting) {
            return setting.first.size() > longest_word || setting.second.size() > longest_word;
        }))
        return "a setting is too long";
    if ((display.mode && !is_valid(*display.mode)) || !is_valid(display.size))
        return "it has a mode that no output has";
    if (display.output.size() > longest_output || display.output_name.size() > longest_word)
        return "what its output saved is too long";
    std::string why = why_unsound(display.surfaces, "surface", display.last_surface);
    return why.empty() ? why_unsound(display.viewers, "viewer", display.last_viewer) : why;
}

}  // namespace

std::optional<Layout> saved_layout(std::uint32_t width, std::uint32_t height, std::uint32_t stride) {
    // 0 means "none beyond the width" to who makes a layout; one that was made has a stride.
    if (stride == 0) return std::nullopt;
    try {
        return layout_for({width, height}, stride);
    } catch (const RequestError&) {
        return std::nullopt;
    }
}

SavedDisplay new_display() {
    SavedDisplay display;
    display.size = default_mode;
    return display;
}

std::string why_unsound(const State& state) {
    if (state.generation >= most_generations) return "its generation is too large";
    if (state.displays.size() > most_displays) return "it has more displays than there can be";
    for (std::size_t number = 0; number < state.displays.size(); ++number)
        if (std::string why = why_unsound(state.displays[number]); !why.empty())
            return "display" + std::to_string(number) + ": " + why;
    return {};
}

}  // namespace hvfbd
