#include <gtest/gtest.h>
#include <linux/audit.h>
#include <linux/fb.h>
#include <linux/input.h>
#include <linux/vt.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <cstring>

#include "run/notify/filter.h"

namespace {

// As the kernel runs it, of the instructions that are used here.
std::uint32_t run_filter(const std::vector<sock_filter>& filter, const seccomp_data& call) {
    std::uint32_t value = 0;
    for (std::size_t at = 0; at < filter.size(); ++at) {
        const sock_filter& step = filter[at];
        switch (step.code) {
            case BPF_LD | BPF_W | BPF_ABS:
                std::memcpy(&value, reinterpret_cast<const char*>(&call) + step.k, sizeof value);
                break;
            case BPF_ALU | BPF_AND | BPF_K:
                value &= step.k;
                break;
            case BPF_JMP | BPF_JEQ | BPF_K:
                at += value == step.k ? step.jt : step.jf;
                break;
            case BPF_RET | BPF_K:
                return step.k;
            default:
                ADD_FAILURE() << "instruction " << step.code;
                return 0;
        }
    }
    ADD_FAILURE() << "it has no end";
    return 0;
}

#if defined(__x86_64__)
constexpr std::uint32_t architecture = AUDIT_ARCH_X86_64, another = AUDIT_ARCH_ARM;
#else
constexpr std::uint32_t architecture = AUDIT_ARCH_AARCH64, another = AUDIT_ARCH_ARM;
#endif

constexpr run::Filtered with_terminal{.terminal = true, .keyboards = false};
constexpr run::Filtered with_keyboards{.terminal = false, .keyboards = true};

bool stops(long number, std::uint64_t second = 0, run::Filtered filtered = {},
           std::uint32_t arch = architecture) {
    seccomp_data call{};
    call.nr = static_cast<int>(number);
    call.arch = arch;
    call.args[1] = second;
    const std::uint32_t action = run_filter(run::notify_filter(filtered), call);
    EXPECT_TRUE(action == SECCOMP_RET_USER_NOTIF || action == SECCOMP_RET_ALLOW);
    return action == SECCOMP_RET_USER_NOTIF;
}

TEST(NotifyFilter, StopsWhatFindsAFile) {
    for (const long number :
         {SYS_openat, SYS_openat2, SYS_newfstatat, SYS_statx, SYS_faccessat, SYS_faccessat2, SYS_readlinkat})
        EXPECT_TRUE(stops(number)) << number;
#ifdef SYS_open
    for (const long number : {SYS_open, SYS_stat, SYS_lstat, SYS_access, SYS_readlink})
        EXPECT_TRUE(stops(number)) << number;
#endif
}

TEST(NotifyFilter, LetsWhatIsCalledOftenGo) {
    for (const long number :
         {SYS_read, SYS_write, SYS_mmap, SYS_close, SYS_futex, SYS_clone, SYS_execve, SYS_sendmsg})
        EXPECT_FALSE(stops(number)) << number;
}

bool stops_mapping(int flags, long number = SYS_mmap, std::uint32_t arch = architecture) {
    seccomp_data call{};
    call.nr = static_cast<int>(number);
    call.arch = arch;
    // The upper half says nothing.
    call.args[3] = 0xffffffff00000000 | static_cast<std::uint32_t>(flags);
    return run_filter(run::notify_filter({}), call) == SECCOMP_RET_USER_NOTIF;
}

TEST(NotifyFilter, StopsOfMappingsThoseOfAFileThatAreShared) {
    for (const int flags :
         {MAP_SHARED, MAP_SHARED_VALIDATE, MAP_SHARED | MAP_POPULATE, MAP_SHARED | MAP_FIXED})
        EXPECT_TRUE(stops_mapping(flags)) << flags;
    for (const int flags : {0, MAP_PRIVATE, MAP_PRIVATE | MAP_FIXED | MAP_DENYWRITE,
                            MAP_SHARED | MAP_ANONYMOUS, MAP_PRIVATE | MAP_ANONYMOUS})
        EXPECT_FALSE(stops_mapping(flags)) << flags;
#if defined(__x86_64__)
    EXPECT_TRUE(stops_mapping(MAP_SHARED, 192, AUDIT_ARCH_I386));
    EXPECT_FALSE(stops_mapping(MAP_PRIVATE, 192, AUDIT_ARCH_I386));
#endif
}

TEST(NotifyFilter, StopsWhatChangesALength) {
    for (const long number : {SYS_ftruncate, SYS_fallocate}) EXPECT_TRUE(stops(number)) << number;
#if defined(__x86_64__)
    for (const long number : {93, 194, 324}) EXPECT_TRUE(stops(number, 0, {}, AUDIT_ARCH_I386)) << number;
#endif
}

TEST(NotifyFilter, StopsOfIoctlsThoseOfFramebuffers) {
    EXPECT_TRUE(stops(SYS_ioctl, FBIOGET_VSCREENINFO));
    // A program may give a negative int: the upper half says nothing.
    EXPECT_TRUE(stops(SYS_ioctl, 0xffffffff00004600));
    EXPECT_FALSE(stops(SYS_ioctl, 0x5401));
    EXPECT_FALSE(stops(SYS_ioctl, VT_GETSTATE));
    EXPECT_TRUE(stops(SYS_ioctl, VT_GETSTATE, with_terminal));
    EXPECT_TRUE(stops(SYS_ioctl, 0x4b3a, with_terminal));
    EXPECT_FALSE(stops(SYS_ioctl, 0x5401, with_terminal));
    // A camera's VIDIOC_DQBUF, and VIDIOC_QUERYCAP.
    EXPECT_FALSE(stops(SYS_ioctl, 0xc0585611, with_terminal));
    EXPECT_FALSE(stops(SYS_ioctl, 0x80685600, with_terminal));
    EXPECT_FALSE(stops(SYS_ioctl, EVIOCGRAB));
    EXPECT_TRUE(stops(SYS_ioctl, EVIOCGRAB, with_keyboards));
    EXPECT_FALSE(stops(SYS_ioctl, EVIOCGVERSION, with_keyboards));
}

#if defined(__x86_64__)
TEST(NotifyFilter, StopsTheSameOfProgramsOf32Bits) {
    for (const long number : {5, 33, 85, 195, 196, 197, 295, 300, 305, 307, 383, 437, 439})
        EXPECT_TRUE(stops(number, 0, {}, AUDIT_ARCH_I386)) << number;
    EXPECT_TRUE(stops(54, FBIOGET_VSCREENINFO, {}, AUDIT_ARCH_I386));
    EXPECT_FALSE(stops(54, 0x5401, with_terminal, AUDIT_ARCH_I386));
    // read, write, close, mmap2, futex; and what is ioctl of 64 bits.
    for (const long number : {3, 4, 6, 192, 240, 16})
        EXPECT_FALSE(stops(number, FBIOGET_VSCREENINFO, {}, AUDIT_ARCH_I386)) << number;
}
#endif

TEST(NotifyFilter, LetsCallsOfAnotherArchitectureGo) {
    for (long number = 0; number < 450; ++number)
        EXPECT_FALSE(stops(number, FBIOGET_VSCREENINFO, with_terminal, another));
}

}  // namespace
