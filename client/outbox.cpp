#include "outbox.h"

#include <hvfb/protocol.h>

#include <algorithm>
#include <cerrno>
#include <limits>

namespace hvfb {

int Outbox::post(const message::Packet& packet, std::uint32_t bit) {
    // Behind something that waits, even if there is room again: a FRAME must not overtake its damage.
    if (owed_.load() == 0) {
        const int result = channel_.send(packet);
        if (result == 0) return 0;
        if (!Channel::later(result)) return -ENOTCONN;
    }
    if (bit == 0) return 0;
    owed_.fetch_or(bit);
    (void)wake();
    return 0;
}

int Outbox::damage(std::span<const Rectangle> rectangles) {
    constexpr std::uint32_t whole = std::numeric_limits<std::uint32_t>::max();
    const Rectangle everything = {0, 0, whole, whole};
    if (rectangles.empty()) rectangles = {&everything, 1};
    message::Packet packet;
    for (std::size_t first = 0; first < rectangles.size(); first += HVFB_DAMAGED_MAX) {
        const std::size_t count = std::min<std::size_t>(rectangles.size() - first, HVFB_DAMAGED_MAX);
        message::encode_damaged(packet, rectangles.subspan(first, count));
        if (const int result = post(packet, owed_damage); result < 0) return result;
    }
    return 0;
}

int Outbox::begin() {
    message::Packet packet;
    message::encode_begin(packet);
    // A daemon that does not read presents nothing: there is nothing to hold back.
    return post(packet, 0);
}

int Outbox::end() {
    message::Packet packet;
    message::encode_end(packet);
    return post(packet, owed_end);
}

int Outbox::frame(std::uint64_t frame) {
    frame_.store(frame);
    message::Packet packet;
    message::encode_frame(packet, frame);
    return post(packet, owed_frame);
}

void Outbox::frame_again(std::uint64_t answered) {
    if (frame_.load() > answered) owed_.fetch_or(owed_frame);
}

int Outbox::configured(std::uint64_t serial) {
    configured_.store(serial);
    message::Packet packet;
    message::encode_configured(packet, serial);
    return post(packet, owed_configured);
}

int Outbox::send_owed(std::uint32_t bit) const {
    message::Packet packet;
    switch (bit) {
        case owed_damage: {
            constexpr std::uint32_t whole = std::numeric_limits<std::uint32_t>::max();
            const Rectangle everything = {0, 0, whole, whole};
            message::encode_damaged(packet, std::span(&everything, 1));
            break;
        }
        case owed_end:
            message::encode_end(packet);
            break;
        case owed_frame:
            message::encode_frame(packet, frame_.load());
            break;
        default:
            message::encode_configured(packet, configured_.load());
            break;
    }
    return channel_.send(packet);
}

int Outbox::flush() {
    for (const std::uint32_t bit : {owed_damage, owed_end, owed_frame, owed_configured}) {
        if (!(owed_.load() & bit)) continue;
        // Taken back before it is sent: what is added from now on needs sending again.
        owed_.fetch_and(~bit);
        if (const int result = send_owed(bit); result < 0) {
            owed_.fetch_or(bit);
            return result;
        }
    }
    return 0;
}

}  // namespace hvfb
