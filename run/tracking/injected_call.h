#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#if defined(__x86_64__)
#include <sys/user.h>
#endif

// One more system call of a thread that has just made one. Pure.
namespace run {

#if defined(__x86_64__)

constexpr std::size_t call_instruction_size = 2;

// How the thread called the kernel.
enum class CallingWay { native, narrow };  // `syscall`; `int $0x80`, as programs of 32 bits do

// By the instruction that ends where the thread stands. Nothing: it is none of these.
std::optional<CallingWay> calling_way(std::span<const std::byte, call_instruction_size> before);

// With these registers the thread makes the call, by the same `syscall`, when it goes on.
user_regs_struct injected_call(user_regs_struct standing, std::uint32_t number, std::uint32_t argument);

#endif

}  // namespace run
