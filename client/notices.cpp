#include "notices.h"

#include <hvfb/hvfb.h>
#include <linux/futex.h>
#include <linux/time_types.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
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

void Notices::tell(std::uint32_t events) {
    // Where there was something it is readable already, or about to be. A program whose bell cannot be rung
    // finds the events when it asks.
    if (events_.fetch_or(events, std::memory_order_acq_rel) == 0) (void)bell_.ring(Bell::End::library);
}

void Notices::expect_shown() {
    constexpr Nanoseconds longest = 1'000'000'000;
    shown_told_.store(false);
    shown_until_.store(monotonic_now() + longest);
}

void Notices::tell_shown(bool shown) {
    const bool changed = shown_.exchange(shown) != shown;
    if (!shown_told_.exchange(true)) {
        sequence_.fetch_add(2);
        wake();
    }
    if (changed) tell(HVFB_EVENT_VISIBLE);
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

void Notices::tell_over(std::uint32_t event, int error) {
    error_.store(error);
    withdraw(HVFB_EVENT_BACK);
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
    // In this order: what is told between the two is returned, and at most rings once for nothing.
    (void)bell_.quiet(Bell::End::program);
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

bool Notices::sleep(std::uint32_t sequence, Nanoseconds deadline, int& errors) const {
    constexpr Nanoseconds second = 1'000'000'000;
    constexpr int pause = 10;  // milliseconds
    // No signals of the program's.
    constexpr int most_errors = 1000;
    const Nanoseconds now = monotonic_now();
    if (over() || now == 0 || now >= deadline) return false;
    // Not longer than a second: a filter may keep the library's thread from waking who sleeps.
    const Nanoseconds left = std::min(deadline - now, second);
    const __kernel_timespec wait = {.tv_sec = static_cast<__kernel_time64_t>(left / second),
                                    .tv_nsec = static_cast<long long>(left % second)};
    // Returns early on a signal, or when the sequence has moved on: then the caller looks again.
    if (syscall(futex, &sequence_, FUTEX_WAIT_PRIVATE, sequence, &wait, nullptr, 0) == 0) return true;
    // A filter may say so as well: then nothing has moved on.
    if (errno == EAGAIN && sequence_.load() != sequence) return true;
    if ((errno == EINTR || errno == ETIMEDOUT) && ++errors < most_errors) return true;
    // Not to be had, as under a filter of system calls: it looks now and then.
    return poll(nullptr, 0, pause) >= 0 || errno == EINTR;
}

std::optional<message::Presented> Notices::wait_presented(std::uint64_t frame, Nanoseconds deadline) const {
    for (int errors = 0;;) {
        std::uint32_t sequence = 0;
        const message::Presented presented = newest(sequence);
        if (presented.frame >= frame) return presented;
        if (!sleep(sequence, deadline, errors)) return std::nullopt;
    }
}

bool Notices::wait_shown() const {
    for (int errors = 0;;) {
        const std::uint32_t sequence = sequence_.load();
        if (shown_told_.load() || !sleep(sequence, shown_until_.load(), errors)) return shown_.load();
    }
}

}  // namespace hvfb
