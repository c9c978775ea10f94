#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace run {

// The system calls that are answered, whatever numbers a machine gives them.
enum class Call {
    open,
    openat,
    openat2,
    stat,
    lstat,
    statat,
    fstat,
    statx,
    access,
    accessat,
    readlink,
    readlinkat,
    truncate,
    allocate,
    map,
    ioctl
};

struct NumberedCall {
    std::uint32_t number;
    Call call;
};

// A machine whose programs this kernel runs: AUDIT_ARCH_...
struct Architecture {
    std::uint32_t name;
    bool narrow;  // addresses and longs have 32 bits
    std::span<const NumberedCall> calls;
};

std::span<const Architecture> architectures();
// Null: calls of this one are not answered.
const Architecture* architecture_of(std::uint32_t name);
std::optional<Call> call_of(const Architecture& architecture, std::uint32_t number);

}  // namespace run
