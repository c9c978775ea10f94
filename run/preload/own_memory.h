#pragma once

#include <cstddef>

#include "run/caller_memory.h"

namespace fbdev::preload {

// The program's memory, as a system call reads and writes it: a bad address is an error and no fault.
const CallerMemory& own_memory();

// Copies from the program's memory into the picture's, and back. Return how many bytes were copied.
std::size_t copy_in(std::byte* to, const void* from, std::size_t size);
std::size_t copy_out(void* to, const std::byte* from, std::size_t size);

}  // namespace fbdev::preload
