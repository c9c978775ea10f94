#include "tracking/thread.h"

#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace hvfb {

namespace {

// Where a filter answers a call with SIGSYS and the program handles it, for the thread that made the call. A
// blocked one would end the program.
void block_signals(sigset_t& before) {
    sigset_t signals;
    sigfillset(&signals);
    sigdelset(&signals, SIGSYS);
    pthread_sigmask(SIG_SETMASK, &signals, &before);
}

template <typename Resource>
rlim_t limit_of(Resource resource) {
    rlimit limit = {};
    return getrlimit(resource, &limit) == 0 ? limit.rlim_cur : 0;
}

bool make_real_time(int priority) {
    const sched_param parameters = {.sched_priority = priority};
    return priority > 0 && sched_setscheduler(0, SCHED_FIFO, &parameters) == 0;
}

// May this thread run without a pause for longer than it ever does? The kernel ends the process otherwise.
bool real_time_is_safe() {
    constexpr rlim_t enough = 100'000;  // microseconds; a new mode of 3840x2160 is copied in 20 ms
    return limit_of(RLIMIT_RTTIME) >= enough;
}

}  // namespace

int start_thread(pthread_t& thread, void* (*run)(void*), void* context) {
    // libsystemd opens a surface again on this stack. What the program and its libraries have of thread-local
    // memory lies on it too: where that is much, more is needed.
    constexpr std::array<std::size_t, 4> stacks = {192 << 10, 1 << 20, 4 << 20, 0};
    sigset_t before;
    block_signals(before);
    int error = 0;
    for (const std::size_t stack : stacks) {
        pthread_attr_t attributes;
        if ((error = pthread_attr_init(&attributes)) != 0) break;
        if (stack > 0) pthread_attr_setstacksize(&attributes, stack);
        error = pthread_create(&thread, &attributes, run, context);
        pthread_attr_destroy(&attributes);
        if (error != EINVAL) break;
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return -error;
}

void become_urgent() {
    sched_param now = {};
    const int policy = sched_getscheduler(0);
    sched_getparam(0, &now);
    if ((policy & ~SCHED_RESET_ON_FORK) != SCHED_OTHER && now.sched_priority == 0) {
        // Batch and idle, as the thread that opened the surface: others need not be.
        const sched_param usual = {.sched_priority = 0};
        sched_setscheduler(0, SCHED_OTHER, &usual);
    }
    if (real_time_is_safe()) {
        const int highest = sched_get_priority_max(SCHED_FIFO);
        if (make_real_time(highest)) return;
        const int allowed = static_cast<int>(std::min<rlim_t>(limit_of(RLIMIT_RTPRIO), 99));
        if (now.sched_priority >= allowed ? now.sched_priority > 0 : make_real_time(allowed)) return;
    }
    constexpr int most_urgent = -20, range = 40;
    const auto thread = static_cast<id_t>(syscall(SYS_gettid));
    if (setpriority(PRIO_PROCESS, thread, most_urgent) == 0) return;
    const int allowed = 20 - static_cast<int>(std::min<rlim_t>(limit_of(RLIMIT_NICE), range));
    errno = 0;
    const int nice = getpriority(PRIO_PROCESS, thread);
    if (errno == 0 && allowed < nice) setpriority(PRIO_PROCESS, thread, allowed);
}

}  // namespace hvfb
