#pragma once

#include <cstddef>
#include <span>

namespace hvfbd {

// A mapping of device memory that may be taken away at any moment, also while it is being written: another
// driver takes the device over, or it is unplugged, and the next access is a SIGBUS. While this lives, that
// access and all after it go to memory of the process's own instead, and lost() says so. On one thread; the
// handler of SIGBUS is installed with the first one, and calls the one before it for all other addresses.
class MappingGuard {
  public:
    MappingGuard() = default;
    // `mapping`: whole pages; borrowed. Throws std::system_error where there are more than some.
    explicit MappingGuard(std::span<const std::byte> mapping);
    MappingGuard(MappingGuard&& other) noexcept;
    MappingGuard& operator=(MappingGuard&& other) noexcept;
    ~MappingGuard() { release(); }

    // Whether the guarded mapping that holds this byte was taken away. Nothing else: false.
    static bool lost(const std::byte* byte) noexcept;
    // In a signal handler: whether what was accessed there can be now, because it was guarded.
    static bool absorb(const void* address) noexcept;

  private:
    void release() noexcept;

    int slot_ = -1;
};

}  // namespace hvfbd
