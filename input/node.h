#pragma once

#include <cstddef>
#include <string>

#include "common/descriptor.h"

// A node of the kernel's, where devices are made.
namespace input {

// With what errno says.
[[noreturn]] void fail(const std::string& what);
// O_WRONLY or O_RDWR. Throws std::system_error.
hvfbd::Descriptor open_node(const std::string& path, int access);
// Throws std::system_error, also where the kernel took a part alone. It does not wait.
void write_whole(int node, const void* data, std::size_t size, const std::string& what);

}  // namespace input
