#pragma once

#include <memory>
#include <string>

#include "input/device.h"

namespace input {

// Devices by the kernel's uinput.
class Uinput : public Devices {
  public:
    explicit Uinput(std::string path = "/dev/uinput") : path_(std::move(path)) {}
    void check() override;
    std::unique_ptr<Device> make(Kind kind) override;

  private:
    std::string path_;
};

}  // namespace input
