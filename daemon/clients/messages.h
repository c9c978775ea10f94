#pragma once

#include <hvfb/protocol.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "base/layout.h"
#include "base/rectangle.h"

// The channel's messages, as the daemon sees them: decoded from bytes that anybody may have sent, encoded to
// bytes. Pure.
namespace hvfbd::message {

struct Hello {
    std::uint32_t version = 0, flags = 0;
};

struct PageRange {
    std::uint32_t first = 0, count = 0;
    bool operator==(const PageRange&) const = default;
};

// Rectangles and page ranges come as they were sent; whoever uses them clips them.
struct Damaged {
    std::array<Rectangle, HVFB_DAMAGED_MAX> rectangles;
    std::array<PageRange, HVFB_DAMAGED_MAX> pages;
    std::size_t rectangle_count = 0, page_count = 0;
};

struct Written {
    std::uint64_t serial = 0;
    bool everything = false, unprotected = false, only_open = false;
    std::uint32_t tracker_state = HVFB_TRACKER_OFF;  // whatever the client says; not necessarily a known one
    std::array<PageRange, HVFB_WRITTEN_MAX> pages;
    std::size_t page_count = 0;
    std::uint32_t faults = 0;  // that its tracker served, it says
};

struct Begin {};
struct End {};
struct Frame {
    std::uint64_t frame = 0;
};
struct Configured {
    std::uint64_t serial = 0;
};
struct Next {};
// What the client can do from now on, in place of its HELLO's flags.
struct Capabilities {
    std::uint32_t flags = 0;
};

// A type that this version does not know, or that only the daemon sends: ignored.
struct Unknown {
    std::uint32_t type = 0;
};

// Not a message. `why` is a whole clause for the log; it points to static storage.
struct Malformed {
    std::string_view why;
};

using FromClient = std::variant<Malformed, Unknown, Hello, Damaged, Written, Begin, End, Frame, Configured,
                                Next, Capabilities>;

// Reads one whole packet.
FromClient decode(std::span<const std::byte> packet);

// HELLO is the first message of every channel, and comes once. Pure.
class HelloCheck {
  public:
    HelloCheck() = default;
    // Of a peer that is restored: it is served in any case. `received`: its HELLO is known to have come,
    // which is not so where the process before died with it.
    explicit HelloCheck(bool received) : complete_(true), received_(received) {}

    // Takes each message first. Returns why the peer must be hung up, if it must.
    std::optional<std::string_view> receive(const FromClient& message) {
        if (auto* hello = std::get_if<Hello>(&message)) {
            if (received_) return "it sent HELLO twice";
            if (hello->version != HVFB_PROTOCOL_VERSION)
                return "it speaks another version of the channel: update its libhvfb";
            complete_ = received_ = true;
        } else if (!complete_ && !std::holds_alternative<Unknown>(message)) {
            return "it did not send HELLO first";
        }
        return std::nullopt;
    }
    bool complete() const { return complete_; }
    bool received() const { return received_; }

  private:
    bool complete_ = false, received_ = false;
};

// What the daemon sends. A packet with its length.
struct Packet {
    std::array<std::byte, HVFB_MESSAGE_MAX> bytes;
    std::size_t size = 0;
};

struct State {
    bool visible = false, active = false;
    hvfb_tracking tracking = HVFB_TRACKING_OFF;
    bool report = false;                                       // it may report without being asked
    std::uint64_t interval = 0, idle_timeout = 0, settle = 0;  // nanoseconds
    bool operator==(const State&) const = default;
};

struct Presented {
    std::uint64_t frame = 0, time = 0;  // time: CLOCK_MONOTONIC, nanoseconds
    bool shown = true;
};

Packet encode_hello();
Packet encode_alarm();        // to be sent with a timerfd
Packet encode_userfaultfd();  // to be sent with the device
Packet encode_collect(std::uint64_t serial);
Packet encode_state(const State& state);
Packet encode_presented(const Presented& presented);
Packet encode_configure(std::uint64_t serial, const Layout& layout);
Packet encode_revoked();
// More ranges than the message holds are sent as "everything".
Packet encode_compared(std::uint64_t serial, std::span<const PageRange> pages);
// More rectangles than the message holds are sent as their bounding box.
Packet encode_frame_ready(std::uint64_t frame, std::uint64_t time, std::span<const Rectangle> rectangles);

}  // namespace hvfbd::message
