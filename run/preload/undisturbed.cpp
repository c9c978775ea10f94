#include "run/preload/undisturbed.h"

#include <pthread.h>

#include <initializer_list>

namespace fbdev::preload {
namespace {

// What the program had blocked when the outermost Undisturbed began.
__thread const sigset_t* programs_mask __attribute__((tls_model("initial-exec"))) = nullptr;

}  // namespace

Undisturbed::Undisturbed() {
    sigset_t signals;
    sigfillset(&signals);
    // SIGSYS: a seccomp filter of the program's may answer a call by it.
    for (const int own : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS}) sigdelset(&signals, own);
    pthread_sigmask(SIG_BLOCK, &signals, &before_);
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancellation_);
    if (!programs_mask) programs_mask = &before_;
}

Undisturbed::~Undisturbed() {
    if (programs_mask == &before_) programs_mask = nullptr;
    pthread_setcancelstate(cancellation_, nullptr);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

MayBeEnded::MayBeEnded() {
    sigset_t signals;
    sigemptyset(&signals);
    for (int number = 1; number < NSIG; ++number) {
        struct sigaction action;
        if (programs_mask && !sigismember(programs_mask, number) &&
            sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_DFL)
            sigaddset(&signals, number);
    }
    pthread_sigmask(SIG_UNBLOCK, &signals, &before_);
}

MayBeEnded::~MayBeEnded() {
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

}  // namespace fbdev::preload
