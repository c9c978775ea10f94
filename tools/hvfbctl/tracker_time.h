#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace hvfbctl {

// Processor time that libhvfb's threads of a process have used, in nanoseconds. Nothing where there is none
// or it is not seen: another user's where /proc hides them, another machine's or namespace's. `proc`: /proc,
// or what stands for it. Throws std::system_error where this process has nothing left to read it with.
std::optional<std::uint64_t> tracker_time_of(std::uint32_t pid, const std::filesystem::path& proc = "/proc");

}  // namespace hvfbctl
