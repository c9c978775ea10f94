#pragma once

#include <array>
#include <cstdint>

#include "bus.h"
#include "monotonic.h"

namespace hvfb {

// Sees whether the bus still has a reason to wait for the daemon that it starts: dbus-daemon is not told that
// a unit of systemd's fails, and waits for 25 seconds. Asks systemd about the unit, without waiting for the
// answer, and only where the daemon takes longer than one that runs. Where there is no systemd on the bus, or
// it does not know the unit, nothing is concluded.
class StartWatch {
  public:
    // Borrowed: the bus, which outlives it.
    explicit StartWatch(sd_bus* bus) : bus_(bus), next_(monotonic_now() + pause) {}
    StartWatch(const StartWatch&) = delete;
    StartWatch& operator=(const StartWatch&) = delete;
    ~StartWatch() = default;

    // Asks, if it is time to. -EHOSTUNREACH: the unit cannot be started, or fails again and again.
    int look();
    // When it is to be called next, if nothing comes on the bus before.
    Nanoseconds next() const { return next_; }

  private:
    enum Question : unsigned { load_state, active_state, job, restarts, questions };
    struct Pending {
        StartWatch* watch = nullptr;
        Question question = load_state;
    };
    struct Unit {
        bool loaded = false, at_rest = false, active = false, has_job = false;
        std::uint32_t restarts = 0;
    };

    static constexpr Nanoseconds pause = 100'000'000;
    // A job that the bus has asked for may not be there yet when the unit is first looked at.
    static constexpr unsigned most_at_rest = 3;
    static constexpr std::uint32_t most_failures = 2;

    static int on_answer(sd_bus_message* answer, void* pending, sd_bus_error*);
    int ask();
    int read(Question question, sd_bus_message* answer);
    void judge();
    void end();

    sd_bus* bus_;
    Nanoseconds next_;
    std::array<Slot, questions> slots_;
    std::array<Pending, questions> pending_;
    unsigned unanswered_ = 0;
    Unit unit_;
    unsigned at_rest_ = 0;  // so many times in a row
    std::uint32_t first_restarts_ = UINT32_MAX;
    bool fails_ = false;
};

}  // namespace hvfb
