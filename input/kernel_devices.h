#pragma once

#include <memory>

#include "input/uhid.h"
#include "input/uinput.h"

namespace input {

// Devices by what the kernel has: uinput, else uhid.
class KernelDevices : public Devices {
  public:
    void check() override;
    std::unique_ptr<Device> make(Kind kind) override;

  private:
    Devices& present();

    Uinput uinput_;
    Uhid uhid_;
};

}  // namespace input
