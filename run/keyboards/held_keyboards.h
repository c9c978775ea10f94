#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>

#include "common/descriptor.h"

namespace run {

// What the kernel does with an input device. An errno, or 0.
class InputDevices {
  public:
    virtual ~InputDevices() = default;
    // Its events come to this open file alone, or to everybody again. EBUSY: they come to another one alone.
    virtual int grab(int device, bool taken) = 0;
    virtual bool has_keys_down(int device) = 0;
};

// The keyboards of a machine, whose keys reach the program alone while its surface is active. Pure: it knows
// the kernel by InputDevices only.
//
// A keyboard is held by a descriptor: the one that the program has opened last, or one of our own. The kernel
// gives it back when the last copy of that descriptor is closed, whoever ends.
class HeldKeyboards {
  public:
    using Clock = std::chrono::steady_clock;
    using Device = std::uint64_t;

    explicit HeldKeyboards(InputDevices& devices) : devices_(devices) {}

    void add(Device device, hvfbd::Descriptor own, Clock::time_point now);
    // The program reads this one itself: at once, so that no key of it is lost.
    void opened_by_program(Device device, hvfbd::Descriptor its, Clock::time_point now);
    void remove(Device device);
    bool has(Device device) const { return keyboards_.contains(device); }

    void set_active(bool active, Clock::time_point now);
    // Tries what is to be tried. When it is to be called again; nothing: when something else happens.
    std::optional<Clock::time_point> update(Clock::time_point now);

    unsigned held() const;

  private:
    struct Keyboard {
        hvfbd::Descriptor descriptor;
        bool held = false;
        Clock::time_point since{};      // when it was first tried
        Clock::time_point try_again{};  // where it is not held
    };

    void let_go(Keyboard& keyboard);

    InputDevices& devices_;
    std::map<Device, Keyboard> keyboards_;
    bool active_ = false;
};

}  // namespace run
