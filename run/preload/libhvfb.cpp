#include "run/preload/libhvfb.h"

#include <dlfcn.h>
#include <pthread.h>
#include <time.h>

#include "run/preload/explain.h"

namespace fbdev::preload {
namespace {

constinit LibHvfb the_library{};
constinit bool library_is_loaded = false;
pthread_mutex_t loading = PTHREAD_MUTEX_INITIALIZER;
// Of the thread that forks.
__thread bool fork_waited __attribute__((tls_model("initial-exec"))) = false;

class Loading {
  public:
    Loading() { pthread_mutex_lock(&loading); }
    ~Loading() { pthread_mutex_unlock(&loading); }
    Loading(const Loading&) = delete;
    Loading& operator=(const Loading&) = delete;
};

void before_fork() {
    // Not for ever: an older C library forks with a lock that the loader may want.
    timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 1;
    fork_waited = pthread_mutex_timedlock(&loading, &until) == 0;
}

void after_fork() {
    if (!fork_waited) return;
    fork_waited = false;
    pthread_mutex_unlock(&loading);
}

void after_fork_in_child() {
    loading = PTHREAD_MUTEX_INITIALIZER;
    fork_waited = false;
}

template <typename Function>
bool look_up_in_library(void* handle, Function& function, const char* name) {
    function = reinterpret_cast<Function>(dlsym(handle, name));
    return function != nullptr;
}

}  // namespace

const LibHvfb* libhvfb() {
    if (library_is_loaded) return &the_library;
    const Loading not_forked;
    void* const handle = dlopen("libhvfb.so.1", RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        EXPLAIN("libhvfb: %s", dlerror());
        return nullptr;
    }
    library_is_loaded = look_up_in_library(handle, the_library.open, "hvfb_surface_open") &&
                        look_up_in_library(handle, the_library.close, "hvfb_surface_close") &&
                        look_up_in_library(handle, the_library.pixels, "hvfb_surface_pixels") &&
                        look_up_in_library(handle, the_library.layout, "hvfb_surface_layout") &&
                        look_up_in_library(handle, the_library.dispatch, "hvfb_surface_dispatch") &&
                        look_up_in_library(handle, the_library.is_shown, "hvfb_surface_is_shown") &&
                        look_up_in_library(handle, the_library.begin, "hvfb_surface_begin") &&
                        look_up_in_library(handle, the_library.end, "hvfb_surface_end") &&
                        look_up_in_library(handle, the_library.request_frame, "hvfb_surface_request_frame") &&
                        look_up_in_library(handle, the_library.wait_frame, "hvfb_surface_wait_frame");
    if (!library_is_loaded) EXPLAIN("libhvfb: %s", dlerror());
    return library_is_loaded ? &the_library : nullptr;
}

void watch_forks_while_loading() {
    pthread_atfork(before_fork, after_fork, after_fork_in_child);
}

}  // namespace fbdev::preload
