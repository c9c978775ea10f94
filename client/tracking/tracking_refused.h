#pragma once

#include <cstdint>

namespace hvfb {

// Why this process has not one of the two ways of tracking.
struct TrackingRefused {
    enum class Of : std::uint8_t {
        nothing,   // it has it
        program,   // HVFB_FEATURES
        valgrind,  // what runs the program: see Supervisor
        recorder,
        tracer,
        userfaultfd,  // the descriptor, or only one for user mode
        kernel_mode,
        features,  // the kernel's userfaultfd does not do this
        pagemap,   // /proc/self/pagemap
        scan,      // the kernel's does not do this
    };
    Of of = Of::nothing;
    int error = 0;  // errno
};

// Says on standard error what is missing, why, and what would help.
void explain(const TrackingRefused& announce, const TrackingRefused& scan);

}  // namespace hvfb
