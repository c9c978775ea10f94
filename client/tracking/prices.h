#pragma once

#include "monotonic.h"

namespace hvfb {

// Prices: the program pays the fault of a page, the daemon the comparison, both the report. The defaults are
// those of a plain machine, for where they cannot be measured.
struct Prices {
    Nanoseconds fault = 1000;   // a store into it, while it is protected
    Nanoseconds compare = 300;  // with 4 KiB: to compare it with front, while it is left open
    // A report of nothing but what is left open: the daemon is woken for it, whatever there is to compare.
    Nanoseconds report = 0;
};

}  // namespace hvfb
