#pragma once

#include "monotonic.h"

namespace hvfb {

// What one store into a page costs that the kernel alone write-protects, here and now: the median of some,
// tried on memory of its own. From 1 us on a plain machine to 20 us in a guest whose page tables are
// shadowed. 0: it cannot be tried.
Nanoseconds measure_fault_cost();

}  // namespace hvfb
