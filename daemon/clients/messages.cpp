#include "clients/messages.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace hvfbd::message {

static_assert(std::endian::native == std::endian::little,
              "the channel is little-endian, and so is this code");

namespace {

template <typename Body>
std::optional<Body> read_fixed(std::span<const std::byte> packet) {
    if (packet.size() != sizeof(Body)) return std::nullopt;
    Body body;
    std::memcpy(&body, packet.data(), sizeof body);
    return body;
}

// The fixed part of a message that `count` items of Item follow; nothing unless the packet holds exactly
// those.
template <typename Body, typename Item>
std::optional<Body> read_counted(std::span<const std::byte> packet, std::uint32_t most) {
    if (packet.size() < sizeof(Body)) return std::nullopt;
    auto body = read_fixed<Body>(packet.first(sizeof(Body)));
    if (body->count > most || packet.size() != sizeof(Body) + body->count * sizeof(Item)) return std::nullopt;
    return body;
}

template <typename Item>
Item read_item(std::span<const std::byte> packet, std::size_t body_size, std::size_t index) {
    Item item;
    std::memcpy(&item, packet.data() + body_size + index * sizeof item, sizeof item);
    return item;
}

template <typename Body>
std::size_t read_pages(std::span<const std::byte> packet, const Body& head, PageRange* pages) {
    for (std::uint32_t i = 0; i < head.count; ++i) {
        auto range = read_item<hvfb_page_range>(packet, sizeof head, i);
        pages[i] = {range.first, range.count};
    }
    return head.count;
}

// Saturates: what lies beyond every picture is clipped later, and must not wrap into one.
Rectangle rectangle_of(const hvfb_rectangle& wire) {
    auto clip = [](std::uint64_t value) {
        return static_cast<std::int32_t>(std::min<std::uint64_t>(value, max_extent));
    };
    return {clip(wire.x), clip(wire.y), clip(std::uint64_t{wire.x} + wire.width),
            clip(std::uint64_t{wire.y} + wire.height)};
}

FromClient decode_damaged(std::span<const std::byte> packet) {
    constexpr std::string_view why = "its DAMAGED has a wrong length or count";
    hvfb_damaged head;
    if (packet.size() < sizeof head) return Malformed{why};
    std::memcpy(&head, packet.data(), sizeof head);
    Damaged damaged;
    switch (head.kind) {
        case HVFB_DAMAGED_SOMEWHERE:
            if (!read_counted<hvfb_damaged, hvfb_rectangle>(packet, 0)) return Malformed{why};
            return damaged;
        case HVFB_DAMAGED_RECTANGLES:
            if (!read_counted<hvfb_damaged, hvfb_rectangle>(packet, HVFB_DAMAGED_MAX)) return Malformed{why};
            for (std::uint32_t i = 0; i < head.count; ++i)
                damaged.rectangles[i] = rectangle_of(read_item<hvfb_rectangle>(packet, sizeof head, i));
            damaged.rectangle_count = head.count;
            return damaged;
        case HVFB_DAMAGED_PAGES:
            if (!read_counted<hvfb_damaged, hvfb_page_range>(packet, HVFB_DAMAGED_MAX)) return Malformed{why};
            damaged.page_count = read_pages(packet, head, damaged.pages.data());
            return damaged;
        default:
            return Malformed{"its DAMAGED is of no known kind"};
    }
}

FromClient decode_written(std::span<const std::byte> packet) {
    auto head = read_counted<hvfb_written, hvfb_page_range>(packet, HVFB_WRITTEN_MAX);
    if (!head) return Malformed{"its WRITTEN has a wrong length or count"};
    Written written;
    written.serial = head->serial;
    written.everything = head->flags & HVFB_WRITTEN_EVERYTHING;
    written.unprotected = head->flags & HVFB_WRITTEN_UNPROTECTED;
    written.only_open = head->flags & HVFB_WRITTEN_ONLY_OPEN;
    written.tracker_state = head->flags >> HVFB_WRITTEN_STATE_SHIFT & 0xf;
    written.faults = head->flags >> HVFB_WRITTEN_FAULTS_SHIFT & 0xff;
    written.page_count = read_pages(packet, *head, written.pages.data());
    return written;
}

// The items are still to be put behind it.
template <typename Body>
Packet packet_of(hvfb_message_type type, Body body, std::size_t items_size = 0) {
    Packet packet;
    packet.size = sizeof body + items_size;
    body.header = {type, static_cast<std::uint32_t>(packet.size)};
    // mutants: what is never written is whatever the compiler likes, and that may be this.
    std::memcpy(packet.bytes.data(), &body, sizeof body);
    return packet;
}

template <typename Item>
void put_item(Packet& packet, std::size_t body_size, std::size_t index, const Item& item) {
    std::memcpy(packet.bytes.data() + body_size + index * sizeof item, &item, sizeof item);
}

}  // namespace

FromClient decode(std::span<const std::byte> packet) {
    hvfb_header header;
    if (packet.size() < sizeof header) return Malformed{"it sent a packet without a whole header"};
    std::memcpy(&header, packet.data(), sizeof header);
    if (header.size != packet.size())
        return Malformed{"it sent a packet whose length is not what its header says"};

    switch (header.type) {
        case HVFB_HELLO:
            if (auto body = read_fixed<hvfb_hello>(packet)) return Hello{body->version, body->flags};
            return Malformed{"its HELLO has a wrong length"};
        case HVFB_DAMAGED:
            return decode_damaged(packet);
        case HVFB_WRITTEN:
            return decode_written(packet);
        case HVFB_BEGIN:
            if (read_fixed<hvfb_begin>(packet)) return Begin{};
            return Malformed{"its BEGIN has a wrong length"};
        case HVFB_END:
            if (read_fixed<hvfb_end>(packet)) return End{};
            return Malformed{"its END has a wrong length"};
        case HVFB_FRAME:
            if (auto body = read_fixed<hvfb_frame>(packet)) return Frame{body->frame};
            return Malformed{"its FRAME has a wrong length"};
        case HVFB_CONFIGURED:
            if (auto body = read_fixed<hvfb_configured>(packet)) return Configured{body->serial};
            return Malformed{"its CONFIGURED has a wrong length"};
        case HVFB_NEXT:
            if (read_fixed<hvfb_next>(packet)) return Next{};
            return Malformed{"its NEXT has a wrong length"};
        case HVFB_CAPABILITIES:
            if (auto body = read_fixed<hvfb_capabilities>(packet)) return Capabilities{body->flags};
            return Malformed{"its CAPABILITIES has a wrong length"};
        default:
            return Unknown{header.type};
    }
}

Packet encode_hello() {
    return packet_of(HVFB_HELLO, hvfb_hello{{}, HVFB_PROTOCOL_VERSION, 0});
}

Packet encode_alarm() {
    return packet_of(HVFB_ALARM, hvfb_alarm{});
}

Packet encode_userfaultfd() {
    return packet_of(HVFB_USERFAULTFD, hvfb_userfaultfd{});
}

Packet encode_collect(std::uint64_t serial) {
    return packet_of(HVFB_COLLECT, hvfb_collect{{}, serial});
}

Packet encode_state(const State& state) {
    std::uint32_t flags = (state.visible ? HVFB_STATE_VISIBLE : 0) | (state.active ? HVFB_STATE_ACTIVE : 0) |
                          (state.report ? HVFB_STATE_REPORT : 0);
    return packet_of(HVFB_STATE,
                     hvfb_state{{}, flags, state.tracking, state.interval, state.idle_timeout, state.settle});
}

Packet encode_presented(const Presented& presented) {
    return packet_of(
        HVFB_PRESENTED,
        hvfb_presented{
            {}, presented.frame, presented.time, presented.shown ? 0 : HVFB_PRESENTED_NOT_SHOWN, 0});
}

Packet encode_configure(std::uint64_t serial, const Layout& layout) {
    return packet_of(
        HVFB_CONFIGURE,
        hvfb_configure{{}, serial, {layout.width, layout.height, layout.stride, layout.format, layout.size}});
}

Packet encode_revoked() {
    return packet_of(HVFB_REVOKED, hvfb_revoked{});
}

Packet encode_compared(std::uint64_t serial, std::span<const PageRange> pages) {
    bool everything = pages.size() > HVFB_WRITTEN_MAX;
    if (everything) pages = {};
    hvfb_compared head{
        {}, serial, everything ? HVFB_COMPARED_EVERYTHING : 0, static_cast<std::uint32_t>(pages.size())};
    Packet packet = packet_of(HVFB_COMPARED, head, pages.size() * sizeof(hvfb_page_range));
    for (std::size_t i = 0; i < pages.size(); ++i)
        put_item(packet, sizeof head, i, hvfb_page_range{pages[i].first, pages[i].count});
    return packet;
}

Packet encode_frame_ready(std::uint64_t frame, std::uint64_t time, std::span<const Rectangle> rectangles) {
    Rectangle box;
    if (rectangles.size() > HVFB_FRAME_READY_MAX) {
        box = rectangles.front();
        for (const Rectangle& rectangle : rectangles) box = bounding_box(box, rectangle);
        rectangles = {&box, 1};
    }
    hvfb_frame_ready head{{}, frame, time, static_cast<std::uint32_t>(rectangles.size()), 0};
    Packet packet = packet_of(HVFB_FRAME_READY, head, rectangles.size() * sizeof(hvfb_rectangle));
    for (std::size_t i = 0; i < rectangles.size(); ++i) {
        const Rectangle& r = rectangles[i];
        put_item(
            packet, sizeof head, i,
            hvfb_rectangle{static_cast<std::uint32_t>(r.left), static_cast<std::uint32_t>(r.top),
                           static_cast<std::uint32_t>(r.width()), static_cast<std::uint32_t>(r.height())});
    }
    return packet;
}

}  // namespace hvfbd::message
