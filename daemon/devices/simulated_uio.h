#pragma once

#include <string>

#include "devices/uio_device.h"

namespace hvfbd {

// A UIO device that another program plays: docs/simulated-uio.md.
class SimulatedUioPort : public UioPort {
  public:
    explicit SimulatedUioPort(std::string path) : path_(std::move(path)) {}
    std::unique_ptr<UioDevice> open() override;
    std::unique_ptr<UioDevice> restore(const std::string& text, std::vector<Descriptor> descriptors) override;

  private:
    std::string path_;  // of the host's socket
};

}  // namespace hvfbd
