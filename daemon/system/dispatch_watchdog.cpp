#include "system/dispatch_watchdog.h"

#include "base/error.h"

namespace hvfbd {

// In a signal handler.
void DispatchWatchdog::ring(int, siginfo_t* information, void*) {
    if (information->si_code != SI_TIMER) return;
    auto* watchdog = static_cast<DispatchWatchdog*>(information->si_value.sival_ptr);
    watchdog->rung_ = watchdog->rung_ + 1;
    if (watchdog->rung_ >= steps) ::raise(SIGABRT);
}

DispatchWatchdog::DispatchWatchdog(Duration limit) : step_(limit / steps) {
    struct sigaction action {};
    action.sa_sigaction = ring;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    ::sigemptyset(&action.sa_mask);
    sigset_t used;
    ::sigemptyset(&used);
    for (int signal : {SIGALRM, SIGABRT}) ::sigaddset(&used, signal);
    // Whoever started this process may have left them blocked.
    if (::sigaction(SIGALRM, &action, &before_) < 0 || ::pthread_sigmask(SIG_UNBLOCK, &used, nullptr) != 0)
        throw_errno("handle the watchdog's signal");
    sigevent event{};
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGALRM;
    event.sigev_value.sival_ptr = this;
    if (::timer_create(CLOCK_MONOTONIC, &event, &timer_) < 0) {
        int error = errno;
        ::sigaction(SIGALRM, &before_, nullptr);
        throw_errno("make the watchdog's timer", error);
    }
}

DispatchWatchdog::~DispatchWatchdog() {
    ::timer_delete(timer_);
    // Ignoring it drops one that is pending: the default action would end the process.
    ::signal(SIGALRM, SIG_IGN);
    ::sigaction(SIGALRM, &before_, nullptr);
}

void DispatchWatchdog::set(Duration duration) {
    itimerspec time{};
    time.it_value.tv_sec = duration / std::chrono::seconds(1);
    time.it_value.tv_nsec = (duration % std::chrono::seconds(1)).count();
    time.it_interval = time.it_value;
    ::timer_settime(timer_, 0, &time, nullptr);
}

}  // namespace hvfbd
