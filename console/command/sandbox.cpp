#include "console/command/sandbox.h"

#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <system_error>

namespace console {

namespace {

// What sanitizers map is more than any program needs.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool is_sanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool is_sanitized = true;
#else
constexpr bool is_sanitized = false;
#endif
#else
constexpr bool is_sanitized = false;
#endif
constexpr rlim_t most_memory = rlim_t(256) << 20;

using Filter = std::unique_ptr<void, decltype(&seccomp_release)>;

void require(int result, int error, const char* what) {
    if (result < 0) throw std::system_error(error, std::system_category(), what);
}

// Or less, where it is less already.
void limit(int resource, rlim_t most) {
    constexpr const char* limiting = "limit what the terminal may use";
    const auto which = static_cast<__rlimit_resource>(resource);
    rlimit now{};
    require(::getrlimit(which, &now), errno, limiting);
    most = std::min(most, now.rlim_max);
    const rlimit both{most, most};
    require(::setrlimit(which, &both), errno, limiting);
}

template <typename... Condition>
void allow(const Filter& filter, int call, Condition... conditions) {
    const int result =
        seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, call, sizeof...(conditions), conditions...);
    require(result, -result, "make a seccomp filter");
}

// Memory that is nobody else's, and holds no code.
void allow_memory(const Filter& filter) {
    const scmp_arg_cmp no_code = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
    for (const int call : {SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise)})
        allow(filter, call);
    allow(filter, SCMP_SYS(mprotect), no_code);
    // mmap2 is that of machines of 32 bits.
    for (const int call : {SCMP_SYS(mmap), SCMP_SYS(mmap2)})
        allow(filter, call, no_code, SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS | MAP_SHARED, MAP_ANONYMOUS));
}

}  // namespace

void enter_sandbox(int socket) {
    require(::prctl(PR_SET_PDEATHSIG, SIGKILL), errno, "end with hvfb-console");
    // Nobody reads its memory, and it leaves no core.
    require(::prctl(PR_SET_DUMPABLE, 0), errno, "hide the memory of the terminal");
    require(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), errno, "give up new privileges");
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_FSIZE, 0);
    limit(RLIMIT_NPROC, 0);
    if (!is_sanitized) limit(RLIMIT_AS, most_memory);
    const Filter filter(seccomp_init(SCMP_ACT_KILL_PROCESS), &seccomp_release);
    if (!filter) throw std::system_error(ENOMEM, std::system_category(), "make a seccomp filter");
    const scmp_arg_cmp of_socket = SCMP_A0(SCMP_CMP_EQ, static_cast<scmp_datum_t>(socket), 0);
    allow(filter, SCMP_SYS(read), of_socket);
    allow(filter, SCMP_SYS(write), of_socket);
    allow_memory(filter);
    // restart_syscall: it was stopped by a signal and goes on.
    for (const int call : {SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(restart_syscall)})
        allow(filter, call);
    const int result = seccomp_load(filter.get());
    require(result, -result, "enter the sandbox (seccomp)");
}

}  // namespace console
