#pragma once

#include <string>
#include <vector>

#include "common/descriptor.h"
#include "run/keyboards/held_keyboards.h"

namespace run {

// The kernel's input devices, /dev/input/event*.
class KernelKeyboards : public InputDevices {
  public:
    int grab(int device, bool taken) override;
    bool has_keys_down(int device) override;

    // Whether it types: letters, digits, Enter. A button that switches the machine off is none, nor is a
    // mouse.
    static bool is_keyboard(int device);
    static HeldKeyboards::Device number_of(int device);

    struct Found {
        std::string path;
        hvfbd::Descriptor descriptor;
        int error = 0;  // where it could not be opened
    };
    // All devices that are there. Those that are no keyboards are left out.
    static std::vector<Found> all();
    static Found open(const std::string& path);
};

// Where devices appear.
class WatchedDevices {
  public:
    WatchedDevices();
    int descriptor() const { return watch_.get(); }
    // The paths that may be openable now.
    std::vector<std::string> appeared();

  private:
    void watch_folder();

    hvfbd::Descriptor watch_;
    int folder_ = -1, above_ = -1;
};

}  // namespace run
