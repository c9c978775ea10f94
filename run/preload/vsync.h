#pragma once

namespace fbdev::preload {

// Waits for a tick of the display, for 50 ms at most.
void wait_for_vsync();

// A surface that threads wait for a frame of is not closed.
void await_no_frame_waiters();
void frame_waiters_in_child();

}  // namespace fbdev::preload
