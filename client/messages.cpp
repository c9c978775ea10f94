#include "messages.h"

#include <hvfb/protocol.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace hvfb::message {

static_assert(std::endian::native == std::endian::little, "the channel's numbers are little-endian");
static_assert(Packet::capacity == HVFB_MESSAGE_MAX && FrameReady::capacity == HVFB_FRAME_READY_MAX &&
              PageList::capacity == HVFB_WRITTEN_MAX);

namespace {

using Bytes = std::span<const std::byte>;

// A message with nothing after its struct.
template <typename Body>
std::optional<Body> whole(Bytes packet) {
    Body body;
    if (packet.size() != sizeof body) return std::nullopt;
    std::memcpy(&body, packet.data(), sizeof body);
    return body;
}

// A struct with a count, and what is counted.
template <typename Body, typename Element>
std::optional<Body> counted(Bytes packet, std::span<Element> room) {
    Body body;
    if (packet.size() < sizeof body) return std::nullopt;
    std::memcpy(&body, packet.data(), sizeof body);
    if (body.count > room.size() || packet.size() != sizeof body + body.count * sizeof(Element))
        return std::nullopt;
    std::memcpy(room.data(), packet.data() + sizeof body, body.count * sizeof(Element));
    return body;
}

std::optional<FromDaemon> decode_compared(Bytes packet) {
    Compared compared;
    static_assert(sizeof(Pages) == sizeof(hvfb_page_range));
    const auto body = counted<hvfb_compared>(packet, std::span<Pages>(compared.pages));
    if (!body) return std::nullopt;
    compared.everything = body->flags & HVFB_COMPARED_EVERYTHING;
    compared.count = body->count;
    return compared;
}

std::optional<FromDaemon> decode_frame_ready(Bytes packet) {
    FrameReady ready;
    static_assert(sizeof(Rectangle) == sizeof(hvfb_rectangle));
    const auto body = counted<hvfb_frame_ready>(packet, std::span<Rectangle>(ready.rectangles));
    if (!body) return std::nullopt;
    ready.frame = body->frame;
    ready.time = body->time;
    ready.count = body->count;
    return ready;
}

// A sum of a few of them and of the time does not overflow.
constexpr std::uint64_t longest_time = 1ULL << 60;

std::optional<FromDaemon> decode_state(Bytes packet) {
    const auto body = whole<hvfb_state>(packet);
    if (!body) return std::nullopt;
    // A way of tracking that this library does not know: its own choice loses nothing.
    const bool known = body->tracking <= HVFB_TRACKING_COMPARE;
    return State{.visible = (body->flags & HVFB_STATE_VISIBLE) != 0,
                 .active = (body->flags & HVFB_STATE_ACTIVE) != 0,
                 .tracking = known ? static_cast<Tracking>(body->tracking) : Tracking::automatic,
                 .report = (body->flags & HVFB_STATE_REPORT) != 0,
                 .interval = std::min(body->interval, longest_time),
                 .idle_timeout = body->idle_timeout,
                 .settle = std::min(body->settle, longest_time)};
}

std::optional<FromDaemon> decode_configure(Bytes packet) {
    const auto body = whole<hvfb_configure>(packet);
    if (!body) return std::nullopt;
    const hvfb_wire_layout& layout = body->layout;
    return Configure{body->serial, {layout.width, layout.height, layout.stride, layout.format, layout.size}};
}

std::uint32_t flags_of(Capabilities capabilities) {
    return (capabilities.announce ? HVFB_HELLO_CAN_ANNOUNCE : 0) |
           (capabilities.scan ? HVFB_HELLO_CAN_SCAN : 0) |
           (capabilities.announce || capabilities.scan ? HVFB_HELLO_CAN_REPORT : 0) |
           (capabilities.announce ? HVFB_HELLO_CAN_ALARM : 0);
}

template <typename Body>
void put(Packet& packet, std::uint32_t type, Body body, Bytes rest = {}) {
    packet.size = sizeof body + rest.size();
    body.header = {type, static_cast<std::uint32_t>(packet.size)};
    std::memcpy(packet.bytes.data(), &body, sizeof body);
    std::copy(rest.begin(), rest.end(), packet.bytes.begin() + sizeof body);
}

}  // namespace

std::optional<FromDaemon> decode(Bytes packet) {
    hvfb_header header;
    if (packet.size() < sizeof header || packet.size() > HVFB_MESSAGE_MAX) return std::nullopt;
    std::memcpy(&header, packet.data(), sizeof header);
    if (header.size != packet.size()) return std::nullopt;
    switch (header.type) {
        case HVFB_HELLO:
            if (const auto hello = whole<hvfb_hello>(packet)) return Hello{hello->version};
            return std::nullopt;
        case HVFB_COLLECT:
            if (const auto collect = whole<hvfb_collect>(packet)) return Collect{collect->serial};
            return std::nullopt;
        case HVFB_PRESENTED:
            if (const auto presented = whole<hvfb_presented>(packet))
                return Presented{presented->frame, presented->time,
                                 (presented->flags & HVFB_PRESENTED_NOT_SHOWN) == 0};
            return std::nullopt;
        case HVFB_REVOKED:
            if (whole<hvfb_revoked>(packet)) return Revoked{};
            return std::nullopt;
        case HVFB_ALARM:
            if (whole<hvfb_alarm>(packet)) return Alarm{};
            return std::nullopt;
        case HVFB_USERFAULTFD:
            if (whole<hvfb_userfaultfd>(packet)) return Userfaultfd{};
            return std::nullopt;
        case HVFB_COMPARED:
            return decode_compared(packet);
        case HVFB_STATE:
            return decode_state(packet);
        case HVFB_CONFIGURE:
            return decode_configure(packet);
        case HVFB_FRAME_READY:
            return decode_frame_ready(packet);
        default:
            return Unknown{};
    }
}

void encode_hello(Packet& packet, Capabilities capabilities, bool wants) {
    const std::uint32_t flags = flags_of(capabilities) | (wants ? HVFB_HELLO_WANTS_USERFAULTFD : 0);
    put(packet, HVFB_HELLO, hvfb_hello{{}, HVFB_PROTOCOL_VERSION, flags});
}

void encode_capabilities(Packet& packet, Capabilities capabilities) {
    put(packet, HVFB_CAPABILITIES, hvfb_capabilities{{}, flags_of(capabilities), 0});
}

void encode_damaged_somewhere(Packet& packet) {
    put(packet, HVFB_DAMAGED, hvfb_damaged{{}, HVFB_DAMAGED_SOMEWHERE, 0});
}

void encode_damaged(Packet& packet, std::span<const Rectangle> rectangles) {
    const auto some = rectangles.first(std::min<std::size_t>(rectangles.size(), HVFB_DAMAGED_MAX));
    put(packet, HVFB_DAMAGED,
        hvfb_damaged{{}, HVFB_DAMAGED_RECTANGLES, static_cast<std::uint32_t>(some.size())},
        std::as_bytes(some));
}

void encode_damaged(Packet& packet, Pages pages) {
    put(packet, HVFB_DAMAGED, hvfb_damaged{{}, HVFB_DAMAGED_PAGES, 1}, std::as_bytes(std::span(&pages, 1)));
}

void encode_written(Packet& packet, std::uint64_t serial, const Report& report) {
    const auto runs = report.everything ? std::span<const Pages>() : report.pages.runs();
    const std::uint32_t flags = (report.everything ? HVFB_WRITTEN_EVERYTHING : 0) |
                                (report.unprotected ? HVFB_WRITTEN_UNPROTECTED : 0) |
                                (report.only_open ? HVFB_WRITTEN_ONLY_OPEN : 0) |
                                static_cast<std::uint32_t>(report.state) << HVFB_WRITTEN_STATE_SHIFT |
                                std::min(report.faults, 255U) << HVFB_WRITTEN_FAULTS_SHIFT;
    put(packet, HVFB_WRITTEN, hvfb_written{{}, serial, flags, static_cast<std::uint32_t>(runs.size())},
        std::as_bytes(runs));
}

void encode_begin(Packet& packet) {
    put(packet, HVFB_BEGIN, hvfb_begin{});
}
void encode_end(Packet& packet) {
    put(packet, HVFB_END, hvfb_end{});
}
void encode_next(Packet& packet) {
    put(packet, HVFB_NEXT, hvfb_next{});
}

void encode_frame(Packet& packet, std::uint64_t frame) {
    put(packet, HVFB_FRAME, hvfb_frame{{}, frame});
}

void encode_configured(Packet& packet, std::uint64_t serial) {
    put(packet, HVFB_CONFIGURED, hvfb_configured{{}, serial});
}

}  // namespace hvfb::message
