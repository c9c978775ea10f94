#pragma once

#include <hvfb/hvfb.h>

namespace fbdev::preload {

// libhvfb, which is loaded when a program opens its framebuffer: programs that never do pay nothing for it.
struct LibHvfb {
    decltype(&hvfb_surface_open) open;
    decltype(&hvfb_surface_close) close;
    decltype(&hvfb_surface_pixels) pixels;
    decltype(&hvfb_surface_layout) layout;
    decltype(&hvfb_surface_dispatch) dispatch;
    decltype(&hvfb_surface_is_shown) is_shown;
    decltype(&hvfb_surface_begin) begin;
    decltype(&hvfb_surface_end) end;
    decltype(&hvfb_surface_request_frame) request_frame;
    decltype(&hvfb_surface_wait_frame) wait_frame;
};

// Null: it is not installed, or is too old. --explain says which.
const LibHvfb* libhvfb();

// Of this process, once: fork(2) waits while it is loaded, since what is half loaded ends the child.
void watch_forks_while_loading();

}  // namespace fbdev::preload
