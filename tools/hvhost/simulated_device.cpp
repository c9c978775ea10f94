#include "hvhost/simulated_device.h"

#include <sys/socket.h>

#include <array>
#include <atomic>
#include <utility>

namespace hvhost {

namespace {

constexpr std::size_t page = 4096;

}  // namespace

SimulatedDevice::SimulatedDevice(const std::string& path, const Options& options)
    : options_(options),
      video_memory_("hvhost video memory", options.video_memory_size),
      guests_(listen_at(path, SOCK_SEQPACKET)) {}

std::vector<int> SimulatedDevice::descriptors() const {
    return {guests_.get(), guest_ ? guest_->socket.get() : -1, guest_ ? guest_->doorbell.get() : -1};
}

Device::Doorbell SimulatedDevice::take_doorbell() {
    if (!guest_ || !take_from(guest_->doorbell)) return Doorbell::silent;
    return take_monitor_bit() ? Doorbell::rung : Doorbell::rung_without_monitor_bit;
}

// The bit in the monitor page, which the guest sets, and which is reset here. True where there is none.
bool SimulatedDevice::take_monitor_bit() {
    if (!options_.monitor) return true;
    auto* word = reinterpret_cast<std::uint32_t*>(guest_->monitor_page.bytes().data() + 8 +
                                                  std::size_t{8} * (*options_.monitor / 32));
    std::uint32_t bit = std::uint32_t{1} << (*options_.monitor % 32);
    return (std::atomic_ref(*word).fetch_and(~bit) & bit) != 0;
}

bool SimulatedDevice::take_closed() {
    if (!guest_ || !has_hung_up(guest_->socket)) return false;
    guest_.reset();
    return true;
}

bool SimulatedDevice::take_opened() {
    Fd socket = accept_at(guests_);
    if (!socket || guest_ || !offering_) return false;  // one at a time
    guest_.emplace(Connection{std::move(socket), make_event(), make_event(),
                              SharedMemory("hvhost rings", options_.ring_size),
                              SharedMemory("hvhost monitor page", page)});
    return true;
}

std::span<std::byte> SimulatedDevice::rings() const {
    return guest_ ? guest_->rings.bytes() : std::span<std::byte>{};
}

bool SimulatedDevice::let_in() {
    std::array<char, 32> hexadecimal{};
    std::snprintf(hexadecimal.data(), hexadecimal.size(), "0x%llx",
                  static_cast<unsigned long long>(options_.address));
    std::string offer =
        "hvfbd-simulated-uio 1\nmap txrx_rings " + std::to_string(guest_->rings.bytes().size()) +
        "\nmap monitor_page 4096\nmap framebuffer " + std::to_string(video_memory_.bytes().size()) +
        "\naddress " + hexadecimal.data() + "\n";
    if (options_.monitor) offer += "monitor " + std::to_string(*options_.monitor) + "\n";
    offer += "interrupt\ndoorbell\n";
    std::array fds{guest_->rings.fd(), guest_->monitor_page.fd(), video_memory_.fd(), guest_->interrupt.get(),
                   guest_->doorbell.get()};
    return send_to(guest_->socket, std::as_bytes(std::span(offer)), fds);
}

void SimulatedDevice::interrupt() {
    if (guest_) add_to(guest_->interrupt);
}

void SimulatedDevice::take_away(bool for_good) {
    guest_.reset();
    offering_ = !for_good;
}

}  // namespace hvhost
