#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "common/write_tracking.h"
#include "descriptor.h"
#include "tracking/userfault.h"

namespace hvfb {

// Owner of /proc/self/pagemap, which lists the pages that were written under asynchronous write-protection
// (Linux 6.7).
class Pagemap {
  public:
    // Nothing, and errno, if it cannot be opened, or the kernel cannot scan: ENOTTY.
    static std::optional<Pagemap> open();

    // Protects again the pages of this memory that were written since they were protected, each at once with
    // listing it, and calls visit(Memory) for every run of them. Returns 0 or a negative errno.
    template <typename Visit>
    int take_written(Memory memory, Visit visit) {
        while (memory.size > 0) {
            Memory rest = memory;
            const int count = scan(rest);
            if (count < 0) return count;
            for (const common::PagemapRegion& region :
                 std::span(regions_).first(static_cast<std::size_t>(count)))
                visit(Memory{reinterpret_cast<std::byte*>(region.start),
                             static_cast<std::size_t>(region.end - region.start)});
            memory = rest;
        }
        return 0;
    }

    int get() const { return descriptor_.get(); }

  private:
    explicit Pagemap(Descriptor descriptor) : descriptor_(static_cast<Descriptor&&>(descriptor)) {}
    // Fills regions_ from the start of `memory`, and takes off what was walked. Returns their number, or
    // -errno.
    int scan(Memory& memory);

    Descriptor descriptor_;
    std::array<common::PagemapRegion, 256> regions_{};
};

}  // namespace hvfb
