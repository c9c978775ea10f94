#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "descriptor.h"
#include "tracking/tracking_refused.h"

namespace hvfb {

// A part of this process's memory, in whole pages.
struct Memory {
    std::byte* address = nullptr;
    std::size_t size = 0;
};

// Owner of a userfaultfd that write-protects shared memory. Closing it lets everybody go on who waits for it.
// Functions return 0 or a negative errno.
class Userfault {
  public:
    enum class Kind { synchronous, asynchronous };

    // Takes the first that there is: userfaultfd(2), /dev/userfaultfd, userfaultfd(2) for user-mode faults
    // only. Nothing if the kernel has none, or not this kind: then `refused` says why, as where it is for
    // user-mode faults only.
    static std::optional<Userfault> make(Kind kind, TrackingRefused& refused);

    // From a new descriptor of the kernel's. Nothing if it is not of this kind.
    static std::optional<Userfault> begin(Descriptor descriptor, bool serves_kernel, Kind kind);

    int get() const { return descriptor_.get(); }
    // Whether system calls that store into the memory are served; if not, they fail with EFAULT
    // (synchronous).
    bool serves_kernel() const { return serves_kernel_; }

    int watch(Memory memory) const;
    // Ends it, and wakes everybody who waits, whatever the kernel says to the former.
    int unwatch(Memory memory) const;
    int protect(Memory memory) const;
    // And wakes who waits. The pages stay read-only in the page table until they are stored into, or
    // populated.
    int unprotect(Memory memory) const;

    // Takes waiting faults, as addresses. Their number; 0: there are no more.
    static constexpr std::size_t faults_at_once = 16;
    int read_faults(std::span<std::uintptr_t, faults_at_once> room) const;

  private:
    Userfault(Descriptor descriptor, bool serves_kernel)
        : descriptor_(static_cast<Descriptor&&>(descriptor)), serves_kernel_(serves_kernel) {
        descriptor_.out_of_the_way();
    }
    int control(unsigned long request, void* argument) const;
    int write_protect(Memory memory, std::uint64_t mode) const;

    Descriptor descriptor_;
    bool serves_kernel_;
};

}  // namespace hvfb
