#pragma once

#include <cstdint>
#include <span>

#include "base/mapping.h"
#include "base/mapping_guard.h"

namespace hvfbd {

// Memory of a device, mapped, and where the machine (the host, the bus) finds it.
struct DeviceMemory {
    std::span<std::byte> bytes;
    std::uint64_t address = 0;  // physical; 0: not known
    Mapping owner;              // empty where something else owns the memory
    MappingGuard guard{};       // of owner
};

}  // namespace hvfbd
