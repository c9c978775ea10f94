#pragma once

namespace fbdev::preload {

// After fork(2), in the child: another thread may have held the lock.
void listing_in_child();

}  // namespace fbdev::preload
