#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/descriptor.h"
#include "devices/device_memory.h"

namespace hvfbd {

// A memory map of a UIO device as sysfs describes it (drivers/uio/uio.c of Linux).
struct UioMapEntry {
    std::filesystem::path folder;  // .../maps/mapN
    unsigned index = 0;
    std::optional<std::uint64_t> address;
    std::uint64_t size = 0;    // bytes, from the beginning of the first page
    std::uint64_t offset = 0;  // where the data begins in its first page
};

// The map with this name, or, as many drivers leave names out, with this number ("map0"). Nothing: the device
// has no such map. Throws std::runtime_error for a size or an offset that cannot be. `maps`:
// /sys/class/uio/uioN/maps, or a test's.
std::optional<UioMapEntry> find_uio_map(const std::filesystem::path& maps, std::string_view name);

// Maps it from the device's open node: `most` bytes of it, or (0) all. Throws std::system_error, with what to
// do where the kernel maps nothing of it.
DeviceMemory map_uio(const Descriptor& node, const UioMapEntry& map, std::uint64_t most = 0);

}  // namespace hvfbd
