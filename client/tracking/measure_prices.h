#pragma once

#include <optional>

#include "tracking/prices.h"
#include "tracking/userfault.h"

namespace hvfb {

// The prices on this machine now: the median of 15 faults and the least of 15 comparisons, on memory of its
// own, and what a report costs, from the median of 5 waits of 100 us. A fault takes from 1 us on a plain
// machine to 20 us in a guest whose page tables are shadowed. Faults are not measured without an asynchronous
// `userfault` that watches nothing yet.
Prices measure_prices(std::optional<Userfault> userfault);

}  // namespace hvfb
