#include "run/notify/calls.h"

#include <linux/audit.h>
#include <sys/syscall.h>

#include <algorithm>

namespace run {
namespace {

constexpr NumberedCall native[] = {
#ifdef SYS_open
    {SYS_open, Call::open},
    {SYS_stat, Call::stat},
    {SYS_lstat, Call::lstat},
    {SYS_access, Call::access},
    {SYS_readlink, Call::readlink},
#endif
    {SYS_openat, Call::openat},
    {SYS_openat2, Call::openat2},
    // Debian 12's C library asks for a descriptor's status by newfstatat, Debian 13's by fstat.
    {SYS_newfstatat, Call::statat},
    {SYS_fstat, Call::fstat},
    {SYS_statx, Call::statx},
    {SYS_faccessat, Call::accessat},
    {SYS_faccessat2, Call::accessat},
    {SYS_readlinkat, Call::readlinkat},
    {SYS_ftruncate, Call::truncate},
    {SYS_fallocate, Call::allocate},
    {SYS_mmap, Call::map},
    {SYS_ioctl, Call::ioctl},
};

#if defined(__x86_64__)
// Those of a status are the ones with 64 bits of size, which C libraries use.
constexpr NumberedCall i386[] = {
    {5, Call::open},       {33, Call::access},      {54, Call::ioctl},     {85, Call::readlink},
    {195, Call::stat},     {196, Call::lstat},      {197, Call::fstat},    {295, Call::openat},
    {300, Call::statat},   {305, Call::readlinkat}, {307, Call::accessat}, {383, Call::statx},
    {437, Call::openat2},  {439, Call::accessat},   {93, Call::truncate},  {194, Call::truncate},
    {324, Call::allocate}, {192, Call::map},
};
constexpr Architecture known[] = {{AUDIT_ARCH_X86_64, false, native}, {AUDIT_ARCH_I386, true, i386}};
#else
constexpr Architecture known[] = {{AUDIT_ARCH_AARCH64, false, native}};
#endif

}  // namespace

std::span<const Architecture> architectures() {
    return known;
}

const Architecture* architecture_of(std::uint32_t name) {
    const auto* const found = std::ranges::find(known, name, &Architecture::name);
    return found == std::end(known) ? nullptr : found;
}

std::optional<Call> call_of(const Architecture& architecture, std::uint32_t number) {
    const auto found = std::ranges::find(architecture.calls, number, &NumberedCall::number);
    if (found == architecture.calls.end()) return {};
    return found->call;
}

}  // namespace run
