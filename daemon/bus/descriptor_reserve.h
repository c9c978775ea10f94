#pragma once

#include <sys/eventfd.h>

#include <array>

#include "base/descriptor.h"

namespace hvfbd {

// Descriptors that are kept for what the bus sends, and are free while it is read: a message whose
// descriptors cannot be taken would end the connection.
class DescriptorReserve {
  public:
    static constexpr std::size_t size = 8;

    void release() {
        for (Descriptor& one : kept_) one.reset();
    }
    // What cannot be had now is had with the next call.
    void refill() noexcept {
        for (Descriptor& one : kept_)
            if (!one) one.reset(::eventfd(0, EFD_CLOEXEC));
    }

  private:
    std::array<Descriptor, size> kept_;
};

}  // namespace hvfbd
