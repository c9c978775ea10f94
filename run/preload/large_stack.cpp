#include "run/preload/large_stack.h"

#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

#include "run/preload/screen_lock.h"

namespace fbdev::preload {
namespace {

// hvfb_surface_open needs 64 KiB, and so may the loader.
constexpr std::size_t enough = 128UL * 1024, of_thread = 512UL * 1024;

struct Call {
    void (*function)(void*);
    void* context;
};

// Of the main thread the kernel makes it larger, and to ask for its size is to read /proc.
bool has_large_stack() {
    const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
    if (syscall(SYS_gettid) == getpid()) return true;
    pthread_attr_t attributes;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0) return true;
    void* lowest = nullptr;
    std::size_t size = 0;
    pthread_attr_getstack(&attributes, &lowest, &size);
    pthread_attr_destroy(&attributes);
    // A handler may have a stack elsewhere.
    const auto start = reinterpret_cast<std::uintptr_t>(lowest);
    return here >= start + enough && here < start + size;
}

void* run_call(void* context) {
    const LockOfAnother held;
    const Call& call = *static_cast<const Call*>(context);
    call.function(call.context);
    return nullptr;
}

}  // namespace

bool call_with_large_stack(void (*function)(void*), void* context) {
    if (has_large_stack()) {
        function(context);
        return true;
    }
    Call call{function, context};
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, of_thread);
    pthread_t thread;
    const bool started = pthread_create(&thread, &attributes, run_call, &call) == 0;
    pthread_attr_destroy(&attributes);
    if (started) pthread_join(thread, nullptr);
    return started;
}

}  // namespace fbdev::preload
