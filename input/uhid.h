#pragma once

#include <memory>
#include <string>

#include "input/device.h"

namespace input {

// Devices by the kernel's uhid: where it has no uinput, as Debian's cloud flavour of 6.1 and 6.12.
class Uhid : public Devices {
  public:
    explicit Uhid(std::string path = "/dev/uhid") : path_(std::move(path)) {}
    void check() override;
    std::unique_ptr<Device> make(Kind kind) override;

  private:
    std::string path_;
};

}  // namespace input
