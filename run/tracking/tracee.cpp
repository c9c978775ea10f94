#include "run/tracking/tracee.h"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sched.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <thread>

#include "run/tracking/injected_call.h"

namespace run {
namespace {

using namespace std::chrono_literals;
using hvfbd::Descriptor;

constexpr int event_shift = 16;
// A stop at a system call is told from a signal by it.
constexpr int at_call = SIGTRAP | 0x80;
// As the kernel has it.
using SignalMask = std::uint64_t;

// Linux 6.4: who has its own calls sent to itself as signals.
constexpr unsigned get_user_dispatch = 0x4210;
struct UserDispatch {
    std::uint64_t mode, selector, offset, length;
};

long trace(unsigned request, pid_t thread, std::uint64_t address, const void* data) {
    return ::syscall(SYS_ptrace, request, thread, address, data);
}

}  // namespace

int Tracee::seize(pid_t thread) {
    if (trace(PTRACE_SEIZE, thread, 0, nullptr) != 0) return errno;
    thread_ = thread;
    return trace(PTRACE_INTERRUPT, thread, 0, nullptr) != 0 ? errno : 0;
}

bool Tracee::wait(Deadline deadline) {
    const auto status = stop(deadline);
    return status && *status >> event_shift == PTRACE_EVENT_STOP;
}

// Its status as of waitpid.
std::optional<int> Tracee::stop(Deadline deadline) {
    constexpr int hasty_tries = 200;
    constexpr auto pause = 50us;
    stopped_ = false;
    for (int tries = 0;; ++tries) {
        int status = 0;
        const pid_t changed = ::waitpid(thread_, &status, __WALL | WNOHANG);
        if (changed == thread_ && WIFSTOPPED(status)) {
            stopped_ = true;
            // With an event the number is none of a signal that it has received.
            signal_ = status >> event_shift == 0 && WSTOPSIG(status) != at_call ? WSTOPSIG(status) : 0;
            return status;
        }
        if (changed != 0 || std::chrono::steady_clock::now() >= deadline) return {};
        if (tries < hasty_tries)
            ::sched_yield();
        else
            std::this_thread::sleep_for(pause);
    }
}

void Tracee::let_go() {
    if (stopped_) trace(PTRACE_DETACH, thread_, 0, reinterpret_cast<const void*>(std::intptr_t{signal_}));
    stopped_ = false;
}

#if defined(__x86_64__)

// To the next beginning or end of a system call. A signal that cannot be blocked is received on the way, and
// does what it does: a program that is stopped by it stays so.
bool Tracee::step() {
    for (;;) {
        if (trace(PTRACE_SYSCALL, thread_, 0, reinterpret_cast<const void*>(std::intptr_t{signal_})) != 0)
            return false;
        // Without an end: it would have registers that are not its own.
        const auto status = stop(Deadline::max());
        if (!status) return false;
        if (WSTOPSIG(*status) == at_call) return true;
    }
}

std::optional<std::int64_t> Tracee::call(std::uint32_t number, std::uint32_t argument) {
    user_regs_struct standing{};
    if (trace(PTRACE_GETREGS, thread_, 0, &standing) != 0) return {};
    const user_regs_struct calling = injected_call(standing, number, argument);
    if (trace(PTRACE_SETREGS, thread_, 0, &calling) != 0 || !step() || !step() ||
        trace(PTRACE_GETREGS, thread_, 0, &standing) != 0)
        return {};
    return static_cast<std::int64_t>(standing.rax);
}

// Why it cannot make calls that are not its own; empty: it can.
std::string Tracee::wrong_with_calls() const {
    UserDispatch dispatch{};
    if (trace(get_user_dispatch, thread_, sizeof dispatch, &dispatch) == 0 && dispatch.mode != 0)
        return "it has its system calls sent to itself";
    user_regs_struct standing{};
    std::array<std::byte, call_instruction_size> before{};
    if (trace(PTRACE_GETREGS, thread_, 0, &standing) != 0)
        return std::string("ptrace: ") + std::strerror(errno);
    const iovec here{before.data(), before.size()},
        there{reinterpret_cast<void*>(standing.rip - before.size()), before.size()};
    if (::process_vm_readv(thread_, &here, 1, &there, 1, 0) != static_cast<ssize_t>(before.size()))
        return std::string("its memory: ") + std::strerror(errno);
    const auto way = calling_way(before);
    if (way == CallingWay::narrow) return "it is a program of 32 bits";
    return way ? "" : "the instruction of its call is not there";
}

bool Tracee::has_failed() const {
    user_regs_struct standing{};
    if (trace(PTRACE_GETREGS, thread_, 0, &standing) != 0) return true;
    const auto result = static_cast<std::int64_t>(standing.rax);
    constexpr std::int64_t first_error = -4095;
    return result < 0 && result >= first_error;
}

Descriptor Tracee::make_userfaultfd(pid_t process, std::string& refused) {
    if (refused = wrong_with_calls(); !refused.empty()) return {};
    user_regs_struct standing{};
    SignalMask mask = 0;
    const SignalMask all = ~SignalMask{0};
    // While its registers are not its own it ends with this process.
    const auto options = [this](std::uintptr_t wanted) {
        return trace(PTRACE_SETOPTIONS, thread_, 0, reinterpret_cast<const void*>(wanted)) == 0;
    };
    if (trace(PTRACE_GETREGS, thread_, 0, &standing) != 0 ||
        trace(PTRACE_GETSIGMASK, thread_, sizeof mask, &mask) != 0 ||
        !options(PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD)) {
        refused = std::string("ptrace: ") + std::strerror(errno);
        return {};
    }
    Descriptor made;
    trace(PTRACE_SETSIGMASK, thread_, sizeof all, &all);
    const auto number = call(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY);
    if (number && *number >= 0) {
        const Descriptor handle(static_cast<int>(::syscall(SYS_pidfd_open, process, 0)));
        made = Descriptor(static_cast<int>(::syscall(SYS_pidfd_getfd, handle.get(), *number, 0)));
        if (!made) refused = std::string("pidfd_getfd: ") + std::strerror(errno);
        (void)call(SYS_close, static_cast<std::uint32_t>(*number));
    } else {
        refused =
            "userfaultfd: " + std::string(number ? std::strerror(static_cast<int>(-*number)) : "it ended");
    }
    trace(PTRACE_SETREGS, thread_, 0, &standing);
    trace(PTRACE_SETSIGMASK, thread_, sizeof mask, &mask);
    options(0);
    return made;
}

#endif

}  // namespace run
