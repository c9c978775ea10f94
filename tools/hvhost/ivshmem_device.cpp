#include "hvhost/ivshmem_device.h"

#include <sys/socket.h>

#include <array>
#include <atomic>
#include <bit>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <utility>

namespace hvhost {

namespace {

constexpr std::size_t page_size = 4096;
// The peers of QEMU's protocol.
constexpr std::int64_t version = 0, guest = 0, shared_memory = -1, host = 1;

// QEMU maps it as a BAR, whose size is a power of two.
std::size_t whole_size(std::size_t ring_size, std::size_t video_memory_size) {
    std::size_t size = std::bit_ceil(page_size + ring_size + video_memory_size);
    if (size > std::numeric_limits<std::uint32_t>::max())
        throw std::runtime_error("rings and video memory are too large for one ivshmem device");
    return size;
}

bool say(const Fd& machine, std::int64_t number, std::span<const int> descriptors = {}) {
    static_assert(std::endian::native == std::endian::little);
    return send_to(machine, std::as_bytes(std::span(&number, 1)), descriptors);
}

}  // namespace

// The first page: docs/ivshmem.md.
struct IvshmemDevice::Page {
    std::array<char, 8> name;
    std::uint32_t version, rings, rings_size, video_memory, video_memory_size;
    std::uint32_t offer, opened;  // the host's
    std::uint32_t opens;          // the guest's, and what follows
    std::uint32_t address[2];
};

IvshmemDevice::IvshmemDevice(const std::string& path, std::size_t ring_size, std::size_t video_memory_size)
    : memory_("hvhost ivshmem", whole_size(ring_size, video_memory_size)),
      rings_(memory_.bytes().subspan(page_size, ring_size)),
      video_memory_(memory_.bytes().subspan(page_size + ring_size, video_memory_size)),
      machines_(listen_at(path, SOCK_STREAM)),
      interrupt_(make_event()),
      doorbell_(make_event()) {
    std::memcpy(page().name.data(), "hvhost", sizeof "hvhost");
    page().version = 1;
    page().rings = page_size;
    page().rings_size = static_cast<std::uint32_t>(ring_size);
    page().video_memory = static_cast<std::uint32_t>(page_size + ring_size);
    page().video_memory_size = static_cast<std::uint32_t>(video_memory_size);
    page().offer = offers_;
}

IvshmemDevice::Page& IvshmemDevice::page() const {
    return *reinterpret_cast<Page*>(memory_.bytes().data());
}

std::vector<int> IvshmemDevice::descriptors() const {
    return {machines_.get(), machine_.get(), doorbell_.get()};
}

Device::Doorbell IvshmemDevice::take_doorbell() {
    return take_from(doorbell_) && open_ ? Doorbell::rung : Doorbell::silent;
}

bool IvshmemDevice::take_closed() {
    if (machine_ && has_hung_up(machine_)) {
        machine_ = {};
        // For the next one.
        std::atomic_ref(page().opens).store(0);
        std::atomic_ref(page().opened).store(0);
        opens_ = 0;
        take_from(interrupt_);
    } else if (std::atomic_ref(page().opens).load() == opens_) {
        return false;
    }
    return std::exchange(open_, false);
}

void IvshmemDevice::take_machine() {
    Fd machine = accept_at(machines_);
    if (!machine || machine_) return;  // one at a time
    std::array memory{memory_.fd()};
    std::array doorbell{doorbell_.get()};
    std::array interrupt{interrupt_.get()};
    if (say(machine, version) && say(machine, guest) && say(machine, shared_memory, memory) &&
        say(machine, host, doorbell) && say(machine, guest, interrupt))
        machine_ = std::move(machine);
}

bool IvshmemDevice::take_opened() {
    take_machine();
    std::uint32_t opens = std::atomic_ref(page().opens).load();
    if (opens == opens_) return false;
    opens_ = opens;
    open_ = opens % 2 == 1 && offering_;
    return open_;
}

std::uint64_t IvshmemDevice::address() const {
    return std::uint64_t{std::atomic_ref(page().address[1]).load()} << 32 |
           std::atomic_ref(page().address[0]).load();
}

bool IvshmemDevice::let_in() {
    std::atomic_ref(page().opened).store(opens_);
    interrupt();
    return true;
}

void IvshmemDevice::take_away(bool for_good) {
    open_ = offering_ = false;
    set_offer(0);
    if (!for_good) offer();
}

void IvshmemDevice::offer() {
    if (offering_) return;
    offering_ = true;
    set_offer(++offers_);
}

void IvshmemDevice::set_offer(std::uint32_t number) {
    std::atomic_ref(page().offer).store(number);
    add_to(interrupt_);
}

}  // namespace hvhost
