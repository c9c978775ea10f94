#include "system/crash_handler.h"

#include <array>
#include <csignal>
#include <cstddef>

#include "base/error.h"
#include "base/mapping_guard.h"

namespace hvfbd {

namespace {

constexpr std::array fatal_signals{SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};

std::function<void()> speak_last;                           // NOLINT: a handler knows nothing but globals
std::array<struct sigaction, fatal_signals.size()> before;  // NOLINT
alignas(16) std::array<std::byte, 65536> handler_stack;     // NOLINT: the daemon's own may be what overflowed

void restore() noexcept {
    for (std::size_t i = 0; i < fatal_signals.size(); ++i) ::sigaction(fatal_signals[i], &before[i], nullptr);
}

// During the flush device memory may be taken away, or be gone already.
void handle_speaking(int signal, siginfo_t* information, void*) {
    if (information->si_code > 0 && MappingGuard::absorb(information->si_addr)) return;
    ::signal(signal, SIG_DFL);
    if (information->si_code <= 0) ::raise(signal);
}

void speak() noexcept {
    struct sigaction action {};
    struct sigaction bus {};
    action.sa_sigaction = handle_speaking;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    ::sigfillset(&action.sa_mask);
    ::sigaction(SIGBUS, &action, &bus);
    // A fault whose signal is blocked ends the process at once.
    sigset_t unblocked, mask;
    ::sigemptyset(&unblocked);
    ::sigaddset(&unblocked, SIGBUS);
    ::pthread_sigmask(SIG_UNBLOCK, &unblocked, &mask);
    speak_last();
    ::pthread_sigmask(SIG_SETMASK, &mask, nullptr);
    ::sigaction(SIGBUS, &bus, nullptr);
}

void handle(int signal, siginfo_t* information, void*) {
    // Device memory that was taken away is no reason to die.
    if (signal == SIGBUS && information->si_code > 0 && MappingGuard::absorb(information->si_addr)) return;
    // First: whatever else goes wrong from here on is not handled again.
    restore();
    if (speak_last) speak();
    // A fault happens again when this returns; a signal that somebody sent does not.
    if (information->si_code <= 0) ::raise(signal);
}

}  // namespace

CrashHandler::CrashHandler(std::function<void()> speak) {
    speak_last = std::move(speak);
    stack_t stack{};
    stack.ss_sp = handler_stack.data();
    stack.ss_size = handler_stack.size();
    if (::sigaltstack(&stack, nullptr) < 0) throw_errno("set up the stack of the crash handler");
    struct sigaction action {};
    action.sa_sigaction = handle;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    ::sigfillset(&action.sa_mask);
    for (std::size_t i = 0; i < fatal_signals.size(); ++i)
        if (::sigaction(fatal_signals[i], &action, &before[i]) < 0) throw_errno("handle a fatal signal");
}

CrashHandler::~CrashHandler() {
    restore();
    speak_last = nullptr;
}

}  // namespace hvfbd
