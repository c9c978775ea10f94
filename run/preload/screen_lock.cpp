#include "run/preload/screen_lock.h"

#include <pthread.h>

#include "run/preload/descriptors.h"
#include "run/preload/listing.h"
#include "run/preload/vsync.h"

namespace fbdev::preload {
namespace {

constinit Screen the_screen;
pthread_mutex_t screen_mutex = PTHREAD_MUTEX_INITIALIZER;
__thread bool inside __attribute__((tls_model("initial-exec"))) = false;

}  // namespace

ScreenLock::ScreenLock() : taken_(!inside) {
    if (!taken_) return;
    pthread_mutex_lock(&screen_mutex);
    inside = true;
}

ScreenLock::~ScreenLock() {
    if (!taken_) return;
    inside = false;
    pthread_mutex_unlock(&screen_mutex);
}

LockOfAnother::LockOfAnother() {
    inside = true;
}

LockOfAnother::~LockOfAnother() {
    inside = false;
}

Screen* ScreenLock::operator->() const {
    return &the_screen;
}

Screen& ScreenLock::operator*() const {
    return the_screen;
}

void watch_forks() {
    // Whatever the lock is in the child, and whoever held it: open() begins anew there.
    pthread_atfork(nullptr, nullptr, [] {
        screen_mutex = PTHREAD_MUTEX_INITIALIZER;
        inside = false;
        descriptors_of_child();
        listing_in_child();
        frame_waiters_in_child();
        the_screen.forked();
    });
}

}  // namespace fbdev::preload
