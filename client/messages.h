#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <variant>

#include "layout.h"
#include "monotonic.h"
#include "tracking/action.h"
#include "tracking/pages.h"

// The messages of hvfb/protocol.h as values. Pure.
namespace hvfb::message {

// ---- from the daemon

struct Hello {
    std::uint32_t version = 0;
};
struct Collect {
    std::uint64_t serial = 0;
};
struct Compared {
    bool everything = false;
    std::size_t count = 0;
    std::array<Pages, PageList::capacity> pages;
};
struct Presented {
    std::uint64_t frame = 0, time = 0;
    bool shown = false;
};
struct State {
    bool visible = false, active = false;
    Tracking tracking = Tracking::off;
    bool report = false;  // without being asked
    Nanoseconds interval = 0, idle_timeout = 0, settle = 0;
};
struct Configure {
    std::uint64_t serial = 0;
    Layout layout;
};
struct FrameReady {
    static constexpr std::size_t capacity = 255;

    std::uint64_t frame = 0, time = 0;
    std::size_t count = 0;
    std::array<Rectangle, capacity> rectangles;
};
struct Alarm {};        // comes with a descriptor
struct Userfaultfd {};  // likewise
struct Revoked {};
struct Unknown {};  // to be ignored

using FromDaemon = std::variant<Unknown, Hello, Collect, Compared, Presented, State, Configure, FrameReady,
                                Alarm, Userfaultfd, Revoked>;

// Nothing if it is malformed.
std::optional<FromDaemon> decode(std::span<const std::byte> packet);

// ---- to the daemon

struct Packet {
    static constexpr std::size_t capacity = 4608;

    alignas(8) std::array<std::byte, capacity> bytes;
    std::size_t size = 0;

    std::span<const std::byte> contents() const { return {bytes.data(), size}; }
};

// `wants`: to be given a userfaultfd.
void encode_hello(Packet& packet, Capabilities capabilities, bool wants = false);
void encode_capabilities(Packet& packet, Capabilities capabilities);
void encode_damaged_somewhere(Packet& packet);
// At most HVFB_DAMAGED_MAX of them.
void encode_damaged(Packet& packet, std::span<const Rectangle> rectangles);
void encode_damaged(Packet& packet, Pages pages);
void encode_written(Packet& packet, std::uint64_t serial, const Report& report);
void encode_begin(Packet& packet);
void encode_end(Packet& packet);
void encode_frame(Packet& packet, std::uint64_t frame);
void encode_configured(Packet& packet, std::uint64_t serial);
void encode_next(Packet& packet);

}  // namespace hvfb::message
