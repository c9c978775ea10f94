#include "notices.h"

#include <hvfb/hvfb.h>
#include <linux/futex.h>
#include <linux/time_types.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>

namespace hvfb {

namespace {

// Takes the kernel's timespec of 64 bits on every machine. libc's has 32 or 64 on a machine of 32 bits, as
// the program was compiled.
#ifdef SYS_futex_time64
constexpr long futex = SYS_futex_time64;
#else
constexpr long futex = SYS_futex;
#endif

}  // namespace

int Notices::make() {
    readable_ = Descriptor(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    return readable_ ? 0 : -errno;
}

void Notices::tell(std::uint32_t events) {
    events_.fetch_or(events, std::memory_order_release);
    const std::uint64_t one = 1;
    // It fails only when it is readable already.
    [[maybe_unused]] const ssize_t written = write(readable_.get(), &one, sizeof one);
}

void Notices::tell_shown(bool shown) {
    if (shown_.exchange(shown) != shown) tell(HVFB_EVENT_VISIBLE);
}

void Notices::tell_presented(const message::Presented& presented) {
    sequence_.fetch_add(1);
    frame_.store(presented.frame);
    time_.store(presented.time);
    frame_shown_.store(presented.shown);
    sequence_.fetch_add(1);
    wake();
    tell(HVFB_EVENT_PRESENTED);
}

void Notices::tell_over(std::uint32_t event) {
    over_.store(true, std::memory_order_release);
    shown_.store(false);
    sequence_.fetch_add(2);
    wake();
    tell(event);
}

void Notices::wake() const {
    syscall(futex, &sequence_, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
}

std::uint32_t Notices::take() {
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t length = read(readable_.get(), &count, sizeof count);
    return events_.exchange(0, std::memory_order_acquire);
}

void Notices::begin_again() {
    take();
    over_.store(false, std::memory_order_release);
}

message::Presented Notices::newest(std::uint32_t& sequence) const {
    for (;;) {
        sequence = sequence_.load();
        const message::Presented presented = {frame_.load(), time_.load(), frame_shown_.load()};
        if (sequence % 2 == 0 && sequence == sequence_.load()) return presented;
    }
}

std::optional<message::Presented> Notices::wait_presented(std::uint64_t frame, Nanoseconds deadline) const {
    constexpr Nanoseconds second = 1'000'000'000;
    constexpr int pause = 10;  // milliseconds
    const __kernel_timespec until = {.tv_sec = static_cast<__kernel_time64_t>(deadline / second),
                                     .tv_nsec = static_cast<long long>(deadline % second)};
    for (;;) {
        std::uint32_t sequence = 0;
        const message::Presented presented = newest(sequence);
        if (presented.frame >= frame) return presented;
        if (over() || monotonic_now() >= deadline) return std::nullopt;
        // Returns early on a signal, or when the sequence has moved on: then it looks again.
        if (syscall(futex, &sequence_, FUTEX_WAIT_BITSET_PRIVATE, sequence, &until, nullptr,
                    FUTEX_BITSET_MATCH_ANY) == 0)
            continue;
        // Not to be had, as under a filter of system calls: it looks now and then.
        if (errno != EAGAIN && errno != EINTR && errno != ETIMEDOUT) poll(nullptr, 0, pause);
    }
}

}  // namespace hvfb
