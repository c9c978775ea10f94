// Where this library begins, and what it does in a program that never opens a framebuffer.
#include "run/preload/descriptors.h"
#include "run/preload/explain.h"
#include "run/preload/libhvfb.h"
#include "run/preload/real_calls.h"
#include "run/preload/screen_lock.h"
#include "run/preload/settings.h"

namespace {

__attribute__((constructor)) void start() {
    fbdev::preload::look_up_real_calls();
    fbdev::preload::read_early_settings();
    fbdev::preload::note_error_output();
    fbdev::preload::find_inherited();
    fbdev::preload::watch_forks_while_loading();
    fbdev::preload::watch_forks();
}

}  // namespace
