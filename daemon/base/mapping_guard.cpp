#include "base/mapping_guard.h"

#include <sys/mman.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <utility>

#include "base/error.h"

namespace hvfbd {

namespace {

// Read in a signal handler, so that all of it is there before anything happens.
struct Slot {
    std::atomic<std::uintptr_t> begin{0}, size{0};  // size 0: free
    std::atomic<bool> lost{false};

    bool holds(std::uintptr_t address) const { return address - begin.load() < size.load(); }
};

std::array<Slot, 32> slots;      // NOLINT: a handler knows nothing but globals
struct sigaction before {};      // NOLINT
bool handler_installed = false;  // NOLINT

void handle(int signal, siginfo_t* information, void* context) {
    if (information->si_code > 0 && MappingGuard::absorb(information->si_addr)) return;
    if (before.sa_flags & SA_SIGINFO) return before.sa_sigaction(signal, information, context);
    // As if this one were not there: the access is repeated, and dies.
    struct sigaction usual {};
    usual.sa_handler = before.sa_handler;
    ::sigaction(signal, &usual, nullptr);
    if (information->si_code <= 0) ::raise(signal);
}

void install_handler() {
    if (handler_installed) return;
    struct sigaction action {};
    action.sa_sigaction = handle;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    ::sigfillset(&action.sa_mask);
    if (::sigaction(SIGBUS, &action, &before) < 0) throw_errno("handle a device memory that goes away");
    handler_installed = true;
}

}  // namespace

MappingGuard::MappingGuard(std::span<const std::byte> mapping) {
    install_handler();
    for (std::size_t i = 0; i < slots.size(); ++i) {
        if (slots[i].size.load() != 0) continue;
        slots[i].lost.store(false);
        slots[i].begin.store(reinterpret_cast<std::uintptr_t>(mapping.data()));
        slots[i].size.store(mapping.size());
        slot_ = static_cast<int>(i);
        return;
    }
    throw_errno("guard another mapping of device memory", ENOSPC);
}

MappingGuard::MappingGuard(MappingGuard&& other) noexcept : slot_(std::exchange(other.slot_, -1)) {}

MappingGuard& MappingGuard::operator=(MappingGuard&& other) noexcept {
    if (this == &other) return *this;
    release();
    slot_ = std::exchange(other.slot_, -1);
    return *this;
}

void MappingGuard::release() noexcept {
    if (slot_ >= 0) slots[static_cast<std::size_t>(slot_)].size.store(0);
    slot_ = -1;
}

bool MappingGuard::lost(const std::byte* byte) noexcept {
    for (const Slot& slot : slots)
        if (slot.holds(reinterpret_cast<std::uintptr_t>(byte))) return slot.lost.load();
    return false;
}

bool MappingGuard::absorb(const void* address) noexcept {
    for (Slot& slot : slots) {
        if (!slot.holds(reinterpret_cast<std::uintptr_t>(address))) continue;
        // The pages that are left are not to be written either: the device is another's.
        void* own = ::mmap(reinterpret_cast<void*>(slot.begin.load()), slot.size.load(),
                           PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        if (own == MAP_FAILED) return false;
        slot.lost.store(true);
        return true;
    }
    return false;
}

}  // namespace hvfbd
