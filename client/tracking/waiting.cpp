#include "tracking/waiting.h"

#include <time.h>

#include <algorithm>
#include <cerrno>

namespace hvfb {

namespace {

constexpr Nanoseconds second = 1'000'000'000;
constexpr Nanoseconds between_checks = second / 20;  // as often as a display presents usually

}  // namespace

int Waiting::wait(std::span<pollfd> descriptors, std::optional<Nanoseconds> due) {
    if (way_ == Way::poll) {
        timespec timeout = {};
        if (due) {
            const Nanoseconds now = monotonic_now();
            timeout = timespec_of(std::max(*due, now) - now);
        }
        if (ppoll(descriptors.data(), descriptors.size(), due ? &timeout : nullptr, nullptr) < 0) {
            for (pollfd& descriptor : descriptors) descriptor.revents = 0;
            return failed(errno);
        }
        interruptions_ = 0;
        return 0;
    }
    // Each may be ready.
    for (pollfd& descriptor : descriptors)
        descriptor.revents = descriptor.fd < 0 ? short{0} : descriptor.events;
    return pause();
}

int Waiting::pause() {
    if (way_ == Way::none) return -EIO;
    const timespec timeout = timespec_of(between_checks);
    if (nanosleep(&timeout, nullptr) < 0) {
        if (errno != EINTR) way_ = Way::sleep;
        return failed(errno);
    }
    interruptions_ = 0;
    return 0;
}

bool Waiting::answered() {
    constexpr int most_tries = 100;
    constexpr timespec at_once = {};
    interruptions_ = 0;
    for (int tries = 0; tries < most_tries; ++tries) {
        const int result =
            way_ == Way::poll ? ppoll(nullptr, 0, &at_once, nullptr) : nanosleep(&at_once, nullptr);
        if (result == 0) return true;
        if (errno != EINTR) return false;
    }
    return false;
}

int Waiting::failed(int error) {
    // No signal of the program's. The C library interrupts every thread for setuid(3) and its like, as often
    // as the program calls them; a filter that answers so answers a call that does not wait so, too.
    constexpr int most_interruptions = 1000;
    if (error == EINTR && (++interruptions_ < most_interruptions || answered())) return 0;
    interruptions_ = 0;
    way_ = way_ == Way::poll ? Way::sleep : Way::none;
    return -error;
}

}  // namespace hvfb
