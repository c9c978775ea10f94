#include "state.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <set>

#include "base/bytes.h"
#include "base/error.h"

namespace hvfbd {

namespace {

// Of how objects follow each other, which has no reason to change: what is in them has versions of its own.
constexpr std::uint32_t version = 5;
// Those before it were one list of fields; they are read as well.
constexpr std::uint32_t oldest_version = 3, version_of_replaced_offers = 4;
constexpr std::array<char, 8> magic{'h', 'v', 'f', 'b', 'd', 's', 't', '\n'};

constexpr std::size_t most_displays = 64, most_properties = 64, most_surfaces = 4096, most_viewers = 4096;
constexpr std::size_t longest_word = 64, longest_bus_name = 255, longest_output = 65536;
// A pid or a number of a surface that is no int any more would be another's when it is used.
constexpr std::uint32_t largest_pid = 1U << 30;

void put(ByteWriter& out, const Layout& layout) {
    out.put(layout.width);
    out.put(layout.height);
    out.put(layout.stride);
}

Layout take_layout(ByteReader& in) {
    Mode mode{in.take<std::uint32_t>(), in.take<std::uint32_t>()};
    auto stride = in.take<std::uint32_t>();
    // 0 means "none beyond the width" to who makes a layout; one that was made has a stride.
    if (stride == 0) in.fail();
    try {
        if (in.good()) return layout_for(mode, stride);
    } catch (const Refusal&) {
        in.fail();
    }
    return {};
}

Mode take_mode(ByteReader& in) {
    Mode mode;
    mode.width = in.take<std::uint32_t>();
    mode.height = in.take<std::uint32_t>();
    try {
        if (in.good()) layout_for(mode);
    } catch (const Refusal&) {
        in.fail();
    }
    return mode;
}

void put(ByteWriter& out, const Mode& mode) {
    out.put(mode.width);
    out.put(mode.height);
}

void put(ByteWriter& out, const KeptClient& client) {
    out.put_text(client.bus_name);
    out.put(client.uid);
    out.put(client.pid);
    out.put(static_cast<std::uint8_t>(client.has_process));
}

KeptClient take_client(ByteReader& in) {
    KeptClient client;
    client.bus_name = in.take_text(longest_bus_name);
    client.uid = in.take<std::uint32_t>();
    client.pid = in.take<std::uint32_t>();
    client.has_process = in.take_flag();
    if (client.pid > largest_pid) in.fail();
    return client;
}

void put(ByteWriter& out, const KeptSurface& surface) {
    out.put(surface.number);
    out.put_text(surface.name);
    out.put(static_cast<std::uint8_t>(surface.explicit_damage));
    out.put(static_cast<std::uint8_t>(surface.keep));
    out.put(surface.uid);
    put(out, surface.layout);
    out.put(surface.shadow);
    out.put(surface.last_shadow);
    out.put(static_cast<std::uint8_t>(surface.offer.has_value()));
    if (surface.offer) {
        out.put(surface.offer->serial);
        put(out, surface.offer->layout);
    }
    out.put(static_cast<std::uint8_t>(surface.replaced.has_value()));
    if (surface.replaced) {
        out.put(surface.replaced->serial);
        put(out, surface.replaced->layout);
    }
    out.put(surface.connection);
    out.put(static_cast<std::uint8_t>(surface.client.has_value()));
    if (surface.client) put(out, *surface.client);
    out.put(static_cast<std::uint8_t>(surface.introduction.made));
    out.put(surface.introduction.flags);
}

KeptSurface take_surface(ByteReader& in, std::uint32_t format = version) {
    KeptSurface surface;
    surface.number = in.take<SurfaceNumber>();
    surface.name = in.take_text(longest_word);
    surface.explicit_damage = in.take_flag();
    surface.keep = in.take_flag();
    surface.uid = in.take<std::uint32_t>();
    surface.layout = take_layout(in);
    surface.shadow = in.take<std::uint64_t>();
    surface.last_shadow = in.take<std::uint64_t>();
    if (in.take_flag()) {
        surface.offer.emplace();
        surface.offer->serial = in.take<std::uint64_t>();
        surface.offer->layout = take_layout(in);
    }
    if (format >= version_of_replaced_offers && in.take_flag()) {
        surface.replaced.emplace();
        surface.replaced->serial = in.take<std::uint64_t>();
        surface.replaced->layout = take_layout(in);
    }
    surface.connection = in.take<std::uint64_t>();
    if (in.take_flag()) surface.client = take_client(in);
    surface.introduction.made = in.take_flag();
    surface.introduction.flags = in.take<std::uint32_t>();
    // Without a client only a kept surface stays, and nobody answers an offer.
    if (!surface.client && (!surface.keep || surface.offer)) in.fail();
    if (surface.offer && surface.offer->serial == surface.shadow) in.fail();
    // It was replaced by an offer, and what it stands for is in the store under its serial.
    if (surface.replaced && (!surface.offer || surface.replaced->serial == surface.shadow ||
                             surface.replaced->serial == surface.offer->serial))
        in.fail();
    return surface;
}

// Numbers are paths on the bus and names of descriptors: each once, and none that is yet to be given.
template <typename Items>
bool numbers_are_sound(const Items& items, unsigned last) {
    std::set<unsigned> seen;
    return std::ranges::all_of(items, [&](const auto& item) {
        return item.number > 0 && item.number <= last && seen.insert(item.number).second;
    });
}

// ---- objects: a kind, a version and a size before the content. A reader passes over kinds, and versions,
// that it does not know, and over what a content holds behind what it knows. So a new fact goes behind the
// others of its object, and is read where there is still something to read; a fact that changes its meaning
// makes another version.

enum class Kind : std::uint16_t {
    header = 1,
    display = 2,
    display_facts = 3,
    tuning = 4,
    surface = 5,
    viewer = 6
};
constexpr std::uint16_t object_version = 1;

template <typename Content>
void put_object(ByteWriter& out, Kind kind, const Content& content) {
    std::vector<std::byte> bytes;
    ByteWriter inner(bytes);
    content(inner);
    out.put(kind);
    out.put(object_version);
    out.put_bytes(bytes);
}

constexpr auto pass_over = [](Kind, ByteReader&) {};

// Calls `take` for each object of a version that is known, and `pass` for each other one. Anything but
// objects fails `in`.
template <typename Take, typename Pass = decltype(pass_over)>
void take_objects(ByteReader& in, std::size_t& passed_over, const Take& take, const Pass& pass = pass_over) {
    while (in.good() && !in.at_end()) {
        auto kind = static_cast<Kind>(in.take<std::uint16_t>());
        auto found = in.take<std::uint16_t>();
        ByteReader content = in.take_part();
        if (!in.good()) return;
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

void put(ByteWriter& out, const KeptDisplay& display) {
    put_object(out, Kind::display_facts, [&](ByteWriter& inner) {
        inner.put(static_cast<std::uint8_t>(display.mode.has_value()));
        if (display.mode) put(inner, *display.mode);
        inner.put(display.frame);
        inner.put(display.last_surface);
        inner.put(display.last_viewer);
        inner.put_text(display.output);
        inner.put_text(display.output_name);
        put(inner, display.size);
    });
    for (const auto& [name, value] : display.tuning)
        put_object(out, Kind::tuning, [&, &name = name, &value = value](ByteWriter& inner) {
            inner.put_text(name);
            inner.put_text(value);
        });
    for (const KeptSurface& surface : display.surfaces)
        put_object(out, Kind::surface, [&](ByteWriter& inner) { put(inner, surface); });
    for (const KeptViewer& viewer : display.viewers)
        put_object(out, Kind::viewer, [&](ByteWriter& inner) {
            inner.put(viewer.number);
            put(inner, viewer.client);
            inner.put(static_cast<std::uint8_t>(viewer.introduced));
        });
}

KeptViewer take_viewer(ByteReader& in) {
    KeptViewer viewer;
    viewer.number = in.take<unsigned>();
    viewer.client = take_client(in);
    viewer.introduced = in.take_flag();
    return viewer;
}

// In the place of one that has nothing that could be gone on with.
KeptDisplay new_display() {
    KeptDisplay display;
    display.size = default_mode;
    return display;
}

KeptDisplay take_display(ByteReader& in, std::size_t& passed_over) {
    KeptDisplay display;
    bool has_facts = false;
    take_objects(in, passed_over, [&](Kind kind, ByteReader& content) {
        if (kind == Kind::display_facts) {
            has_facts = true;
            if (content.take_flag()) display.mode = take_mode(content);
            display.frame = content.take<std::uint64_t>();
            display.last_surface = content.take<SurfaceNumber>();
            display.last_viewer = content.take<unsigned>();
            display.output = content.take_text(longest_output);
            display.output_name = content.take_text(longest_word);
            display.size = take_mode(content);
        } else if (kind == Kind::tuning) {
            std::string name = content.take_text(longest_word);
            display.tuning.emplace_back(std::move(name), content.take_text(longest_word));
        } else if (kind == Kind::surface) {
            display.surfaces.push_back(take_surface(content));
        } else if (kind == Kind::viewer) {
            display.viewers.push_back(take_viewer(content));
        }
        if (display.tuning.size() > most_properties || display.surfaces.size() > most_surfaces ||
            display.viewers.size() > most_viewers)
            content.fail();
    });
    // Whose facts are of another version has nothing that could be gone on with.
    if (!has_facts) return new_display();
    if (!numbers_are_sound(display.surfaces, display.last_surface) ||
        !numbers_are_sound(display.viewers, display.last_viewer))
        in.fail();
    return display;
}

// ---- before there were objects

std::uint64_t take_generation(ByteReader& in) {
    auto generation = in.take<std::uint64_t>();
    // Serials have 32 bits for it.
    if (generation >= std::uint64_t{1} << 31) in.fail();
    return generation;
}

KeptDisplay take_listed_display(ByteReader& in, std::uint32_t format) {
    KeptDisplay display;
    for (std::size_t left = in.take_count(most_properties); left > 0 && in.good(); --left) {
        std::string name = in.take_text(longest_word);
        display.tuning.emplace_back(std::move(name), in.take_text(longest_word));
    }
    if (in.take_flag()) display.mode = take_mode(in);
    display.frame = in.take<std::uint64_t>();
    display.last_surface = in.take<SurfaceNumber>();
    display.last_viewer = in.take<unsigned>();
    for (std::size_t left = in.take_count(most_surfaces); left > 0 && in.good(); --left)
        display.surfaces.push_back(take_surface(in, format));
    for (std::size_t left = in.take_count(most_viewers); left > 0 && in.good(); --left)
        display.viewers.push_back(take_viewer(in));
    display.output = in.take_text(longest_output);
    display.output_name = in.take_text(longest_word);
    display.size = take_mode(in);
    if (!numbers_are_sound(display.surfaces, display.last_surface) ||
        !numbers_are_sound(display.viewers, display.last_viewer))
        in.fail();
    return display;
}

struct SlotHeader {
    std::uint64_t sequence, size, checksum;
};

std::span<std::byte> slot_of(std::span<std::byte> memory, std::size_t index) {
    return memory.subspan(64 + index * state_slot_size, state_slot_size);
}

SlotHeader header_of(std::span<const std::byte> slot) {
    SlotHeader header{};
    std::memcpy(&header, slot.data(), sizeof header);
    return header;
}

// FNV-1a: it has to tell a half-written slot from a whole one, and nothing else.
std::uint64_t checksum_of(std::uint64_t sequence, std::span<const std::byte> bytes) {
    constexpr std::uint64_t prime = 0x100000001b3;
    std::uint64_t sum = (0xcbf29ce484222325 ^ sequence) * prime;
    for (std::byte byte : bytes) sum = (sum ^ static_cast<std::uint64_t>(byte)) * prime;
    return sum;
}

// The sum also tells objects from a list: a process that takes a list over writes objects beside it, and may
// be killed before it has said so.
constexpr std::uint64_t of_objects = 0x6f626a65637473;

struct Content {
    std::span<const std::byte> bytes;  // empty: it holds nothing whole
    bool objects = false;
};

Content content_of(std::span<const std::byte> slot) {
    SlotHeader header = header_of(slot);
    if (header.sequence == 0 || header.size > slot.size() - sizeof header) return {};
    std::span<const std::byte> bytes = slot.subspan(sizeof header, header.size);
    std::uint64_t sum = checksum_of(header.sequence, bytes);
    if (sum != header.checksum && (sum ^ of_objects) != header.checksum) return {};
    return {bytes, sum != header.checksum};
}

}  // namespace

void encode(const State& state, std::vector<std::byte>& bytes) {
    bytes.clear();
    ByteWriter out(bytes);
    put_object(out, Kind::header, [&](ByteWriter& inner) { inner.put(state.generation); });
    for (const KeptDisplay& display : state.displays)
        put_object(out, Kind::display, [&](ByteWriter& inner) { put(inner, display); });
}

Decoded decode_state(std::span<const std::byte> bytes) {
    ByteReader in(bytes);
    State state;
    bool has_header = false;
    std::size_t passed_over = 0;
    auto add = [&](ByteReader& content, KeptDisplay display) {
        state.displays.push_back(std::move(display));
        if (state.displays.size() > most_displays) content.fail();
    };
    auto take = [&](Kind kind, ByteReader& content) {
        if (kind == Kind::header) {
            has_header = true;
            state.generation = take_generation(content);
        } else if (kind == Kind::display) {
            add(content, take_display(content, passed_over));
        }
    };
    // The place of a display is its number, by which the pictures of those behind it are found.
    take_objects(in, passed_over, take, [&](Kind kind, ByteReader& content) {
        if (kind == Kind::display) add(content, new_display());
    });
    // Without the number of processes before, serials could be given twice.
    if (!in.good() || !has_header) return {std::nullopt, "it is damaged"};
    return {std::move(state), {}, passed_over};
}

Decoded decode_listed_state(std::span<const std::byte> bytes, std::uint32_t format) {
    ByteReader in(bytes);
    State state;
    state.generation = take_generation(in);
    for (std::size_t left = in.take_count(most_displays); left > 0 && in.good(); --left)
        state.displays.push_back(take_listed_display(in, format));
    if (!in.good() || !in.at_end()) return {std::nullopt, "it is damaged"};
    return {std::move(state), {}};
}

void format_state_memory(std::span<std::byte> memory) {
    std::memset(memory.data(), 0, 64);
    for (std::size_t index : {0, 1}) std::memset(slot_of(memory, index).data(), 0, sizeof(SlotHeader));
    std::memcpy(memory.data(), magic.data(), magic.size());
    std::memcpy(memory.data() + magic.size(), &version, sizeof version);
}

bool write_state(std::span<std::byte> memory, std::span<const std::byte> encoded) {
    if (encoded.size() > state_slot_size - sizeof(SlotHeader)) return false;
    // One that somebody was killed in counts for nothing, whatever its sequence says.
    auto sequence_of = [&](std::size_t index) {
        std::span<const std::byte> slot = slot_of(memory, index);
        return content_of(slot).bytes.empty() ? 0 : header_of(slot).sequence;
    };
    std::uint64_t first = sequence_of(0), second = sequence_of(1);
    // The older one, so that the newer stands until this one is whole.
    std::span<std::byte> slot = slot_of(memory, first <= second ? 0 : 1);
    SlotHeader header{std::max(first, second) + 1, encoded.size(), 0};
    header.checksum = checksum_of(header.sequence, encoded) ^ of_objects;
    std::memcpy(slot.data(), &header, sizeof header);
    std::memcpy(slot.data() + sizeof header, encoded.data(), encoded.size());
    // Written now, and not when the compiler likes: what is done next relies on it.
    std::atomic_signal_fence(std::memory_order_seq_cst);
    std::memcpy(memory.data() + magic.size(), &version, sizeof version);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    return true;
}

Decoded read_state(std::span<const std::byte> memory) {
    if (memory.size() < state_memory_size || std::memcmp(memory.data(), magic.data(), magic.size()) != 0)
        return {std::nullopt, "it is none of hvfbd's"};
    std::uint32_t found = 0;
    std::memcpy(&found, memory.data() + magic.size(), sizeof found);
    if (found < oldest_version || found > version)
        return {std::nullopt, "it has version " + std::to_string(found) + ", and this hvfbd reads version " +
                                  std::to_string(oldest_version) + " to " + std::to_string(version)};
    Content newest;
    std::uint64_t sequence = 0;
    for (std::size_t index : {0, 1}) {
        std::span<const std::byte> slot = memory.subspan(64 + index * state_slot_size, state_slot_size);
        Content content = content_of(slot);
        if (content.bytes.empty() || header_of(slot).sequence <= sequence) continue;
        newest = content;
        sequence = header_of(slot).sequence;
    }
    if (newest.bytes.empty()) return {std::nullopt, "nothing was written yet"};
    return newest.objects ? decode_state(newest.bytes) : decode_listed_state(newest.bytes, found);
}

}  // namespace hvfbd
