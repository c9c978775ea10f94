#pragma once

#include <memory>

namespace console {

// When the kernel blanks the console after the time without keys that `setterm --blank` and the kernel's
// option consoleblank= give, and when it ends that. The kernel says so to a thread that waits for it: so
// there is one, which sleeps in the kernel until then.
class BlankWatch {
  public:
    // Throws std::system_error: no thread, or no descriptor.
    BlankWatch();
    BlankWatch(const BlankWatch&) = delete;
    BlankWatch& operator=(const BlankWatch&) = delete;
    // The thread is left in the kernel, and ends with the program.
    ~BlankWatch();

    // Readable with POLLIN when it has happened.
    int fd() const;
    // Whether the console is blanked now.
    bool take() const;

  private:
    struct Shared;
    std::shared_ptr<Shared> shared_;
};

}  // namespace console
