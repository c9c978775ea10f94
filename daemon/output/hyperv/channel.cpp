#include "output/hyperv/channel.h"

#include <atomic>
#include <stdexcept>

#include "base/layout.h"

namespace hvfbd::hyperv {

namespace {

std::span<std::byte> rings(UioDevice& device) {
    auto map = device.map("txrx_rings");
    if (!map)
        throw std::runtime_error("the device has no map \"txrx_rings\": it is not bound to uio_hv_generic");
    if (map->bytes.size() % (2 * page_size()) != 0 || map->bytes.size() < 4 * page_size())
        throw std::runtime_error("the rings are " + std::to_string(map->bytes.size()) +
                                 " bytes, not two of whole pages");
    return map->bytes;
}

// struct hv_monitor_page of drivers/hv/hyperv_vmbus.h: trigger_group[4] at byte 8, {u32 pending, u32 armed}
// each.
constexpr std::size_t trigger_groups_at = 8, trigger_group_size = 8;

}  // namespace

Channel::Channel(UioDevice& device)
    : device_(device),
      outgoing_(RingMemory(rings(device).first(rings(device).size() / 2), page_size())),
      incoming_(RingMemory(rings(device).subspan(rings(device).size() / 2), page_size())) {
    auto monitor = device.map("monitor_page");
    auto id = device.monitor_id();
    if (monitor && id && *id < 128 && monitor->bytes.size() >= page_size()) {
        std::byte* word = monitor->bytes.data() + trigger_groups_at + trigger_group_size * (*id / 32);
        trigger_ = reinterpret_cast<std::uint32_t*>(word);
        trigger_bit_ = std::uint32_t{1} << (*id % 32);
    }
    // From 6.18 on the kernel leaves the mask as it was (commit b15b7d2a1b09): interrupts are opened here.
    incoming_.unmask();
}

void Channel::signal() noexcept {
    // Kernels before 6.15 signal nothing for a channel with a monitor bit (commit d062463edf17): the host
    // polls that bit. Later ones signal always; both together are right on all.
    if (trigger_) std::atomic_ref(*trigger_).fetch_or(trigger_bit_);
    device_.signal();
}

Channel::Sent Channel::send(std::span<const std::byte> message) {
    sending_ = 1;
    OutgoingRing::Sent sent = outgoing_.send(message);
    sending_ = 0;
    switch (sent) {
        case OutgoingRing::Sent::done_and_signal:
            signal();
            return Sent::done;
        case OutgoingRing::Sent::done:
            return Sent::done;
        case OutgoingRing::Sent::full:
            return Sent::full;
        case OutgoingRing::Sent::corrupt:
            break;
    }
    return Sent::dead;
}

Channel::Sent Channel::send(std::span<const std::vector<std::byte>> messages) {
    std::size_t bytes = 0;
    for (const auto& message : messages) bytes += OutgoingRing::packet_size(message.size());
    if (!outgoing_.has_room(bytes)) return Sent::full;
    for (const auto& message : messages)
        if (Sent sent = send(std::span<const std::byte>(message)); sent != Sent::done) return sent;
    return Sent::done;
}

void Channel::send_from_signal(std::span<const std::byte> message) noexcept {
    if (sending_ == 0 && outgoing_.send(message) == OutgoingRing::Sent::done_and_signal) signal();
}

Channel::Received Channel::receive(std::vector<std::byte>& message) {
    std::uint16_t type = 0;
    incoming_.release();
    if (incoming_.take_signal_wanted()) signal();
    switch (incoming_.peek(message, type)) {
        case IncomingRing::Received::none:
            return Received::none;
        case IncomingRing::Received::corrupt:
            return Received::dead;
        case IncomingRing::Received::packet:
            break;
    }
    // One packet a call, so that a host cannot keep the caller here: it shows as an empty message.
    if (type != packet_in_band) message.clear();
    return Received::message;
}

}  // namespace hvfbd::hyperv
