#include "run/tracking/injected_call.h"

namespace run {

#if defined(__x86_64__)
std::optional<CallingWay> calling_way(std::span<const std::byte, call_instruction_size> before) {
    const auto is = [before](unsigned first, unsigned second) {
        return before[0] == std::byte(first) && before[1] == std::byte(second);
    };
    // Behind `sysenter` the kernel goes on as behind the `int $0x80` that follows it.
    if (is(0xcd, 0x80)) return CallingWay::narrow;
    if (is(0x0f, 0x05)) return CallingWay::native;
    return {};
}

user_regs_struct injected_call(user_regs_struct standing, std::uint32_t number, std::uint32_t argument) {
    standing.rip -= call_instruction_size;
    standing.rax = number;
    // Otherwise the kernel might begin the call before this one again.
    standing.orig_rax = ~0ULL;
    standing.rdi = argument;
    return standing;
}

#endif

}  // namespace run
