#include "restart/state_before.h"

#include "base/bytes.h"
#include "restart/state_rules.h"

namespace hvfbd {

namespace {

// No text was longer; what is sound is for why_unsound to say.
constexpr std::size_t longest_text = 65536;

enum class Kind : std::uint16_t {
    header = 1,
    display = 2,
    display_facts = 3,
    settings = 4,
    surface = 5,
    viewer = 6
};
constexpr std::uint16_t object_version = 1;

Layout take_layout(ByteReader& in) {
    Mode mode{in.take<std::uint32_t>(), in.take<std::uint32_t>()};
    auto stride = in.take<std::uint32_t>();
    std::optional<Layout> layout = saved_layout(mode.width, mode.height, stride);
    if (!layout) in.fail();
    return layout.value_or(Layout{});
}

Mode take_mode(ByteReader& in) {
    return {in.take<std::uint32_t>(), in.take<std::uint32_t>()};
}

SavedClient take_client(ByteReader& in) {
    SavedClient client;
    client.bus_name = in.take_text(longest_text);
    client.uid = in.take<std::uint32_t>();
    client.pid = in.take<std::uint32_t>();
    client.has_process = in.take_flag();
    return client;
}

std::optional<SavedOffer> take_offer(ByteReader& in) {
    if (!in.take_flag()) return std::nullopt;
    SavedOffer offer;
    offer.serial = in.take<std::uint64_t>();
    offer.layout = take_layout(in);
    return offer;
}

SavedSurface take_surface(ByteReader& in) {
    SavedSurface surface;
    surface.number = in.take<SurfaceNumber>();
    surface.name = in.take_text(longest_text);
    surface.explicit_damage = in.take_flag();
    surface.keep = in.take_flag();
    surface.uid = in.take<std::uint32_t>();
    surface.layout = take_layout(in);
    surface.shadow = in.take<std::uint64_t>();
    surface.last_shadow = in.take<std::uint64_t>();
    surface.offer = take_offer(in);
    surface.replaced = take_offer(in);
    surface.connection = in.take<std::uint64_t>();
    if (in.take_flag()) surface.client = take_client(in);
    surface.handshake.made = in.take_flag();
    surface.handshake.flags = in.take<std::uint32_t>();
    return surface;
}

SavedViewer take_viewer(ByteReader& in) {
    SavedViewer viewer;
    viewer.number = in.take<unsigned>();
    viewer.client = take_client(in);
    viewer.handshake_complete = in.take_flag();
    return viewer;
}

void take_facts(ByteReader& in, SavedDisplay& display) {
    if (in.take_flag()) display.mode = take_mode(in);
    display.frame = in.take<std::uint64_t>();
    display.last_surface = in.take<SurfaceNumber>();
    display.last_viewer = in.take<unsigned>();
    display.output = in.take_text(longest_text);
    display.output_name = in.take_text(longest_text);
    display.size = take_mode(in);
}

constexpr auto pass_over = [](Kind, ByteReader&) {};

// Calls `take` for each object of a version that is known, and `pass` for each other one. Anything but
// objects fails `in`.
template <typename Take, typename Pass = decltype(pass_over)>
void take_objects(ByteReader& in, std::size_t& passed_over, const Take& take, const Pass& pass = pass_over) {
    while (!in.at_end()) {
        auto kind = static_cast<Kind>(in.take<std::uint16_t>());
        auto found = in.take<std::uint16_t>();
        ByteReader content = in.take_part();
        bool known = kind >= Kind::header && kind <= Kind::viewer && found == object_version;
        if (known) {
            take(kind, content);
        } else {
            ++passed_over;
            pass(kind, content);
        }
        if (!content.good()) in.fail();
    }
}

SavedDisplay take_display(ByteReader& in, std::size_t& passed_over) {
    SavedDisplay display;
    bool has_facts = false;
    take_objects(in, passed_over, [&](Kind kind, ByteReader& content) {
        if (kind == Kind::display_facts) {
            has_facts = true;
            take_facts(content, display);
        } else if (kind == Kind::settings) {
            std::string name = content.take_text(longest_text);
            display.settings.emplace_back(std::move(name), content.take_text(longest_text));
        } else if (kind == Kind::surface) {
            display.surfaces.push_back(take_surface(content));
        } else if (kind == Kind::viewer) {
            display.viewers.push_back(take_viewer(content));
        }
    });
    // Nothing of it could be restored.
    return has_facts ? display : new_display();
}

}  // namespace

Decoded decode_state_before(std::span<const std::byte> bytes) {
    ByteReader in(bytes);
    State state;
    bool has_header = false;
    std::size_t passed_over = 0;
    auto take = [&](Kind kind, ByteReader& content) {
        if (kind == Kind::header) {
            has_header = true;
            state.generation = content.take<std::uint64_t>();
        } else if (kind == Kind::display) {
            state.displays.push_back(take_display(content, passed_over));
        }
    };
    // The place of a display is its number, by which the pictures of those behind it are found.
    take_objects(in, passed_over, take, [&](Kind kind, ByteReader&) {
        if (kind == Kind::display) state.displays.push_back(new_display());
    });
    if (!in.good())
        return {std::nullopt, "it is damaged: an object of it is cut off or holds what it cannot"};
    // Without the number of processes before, serials could be given twice.
    if (!has_header) return {std::nullopt, "it is damaged: its header is missing"};
    if (std::string why = why_unsound(state); !why.empty()) return {std::nullopt, "it is damaged: " + why};
    return {std::move(state), {}, passed_over};
}

}  // namespace hvfbd
