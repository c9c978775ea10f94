#pragma once

#include <poll.h>

#include <optional>
#include <span>

#include "monotonic.h"

namespace hvfb {

// How the library's thread waits, and goes on waiting where a filter or a limit refuses poll(2): then it
// checks its descriptors a few times a second. One thread.
class Waiting {
  public:
    // Until a descriptor is ready, or `due` on CLOCK_MONOTONIC. May return early. 0; or a negative errno,
    // once for each way to wait that is refused.
    int wait(std::span<pollfd> descriptors, std::optional<Nanoseconds> due);
    // A moment, where what is ready cannot be taken: waiting for it would not wait. As wait.
    int pause();
    // There is no way left.
    bool impossible() const { return way_ == Way::none; }
    // It waits for descriptors, and does not only check them from time to time.
    bool notices() const { return way_ == Way::poll; }

    // The last wait was ended by nothing that it waited for.
    bool interrupted() const { return interruptions_ > 0; }

  private:
    enum class Way { poll, sleep, none };
    int failed(int error);
    bool answered();  // a call that cannot wait, by the kernel

    Way way_ = Way::poll;
    int interruptions_ = 0;  // in a row
};

}  // namespace hvfb
