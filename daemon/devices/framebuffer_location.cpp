#include "devices/framebuffer_location.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <sstream>

#include "base/descriptor.h"
#include "base/error.h"
#include "base/file_reading.h"
#include "base/layout.h"
#include "common/numbers.h"
#include "devices/uio_maps.h"

namespace hvfbd {

namespace {

constexpr std::string_view devices = "/dev/", resource = "resource";

// `takes`: what allows it, for those whom nobody has given it yet.
Descriptor open_or_throw(const std::filesystem::path& path, const std::string& takes = {}) {
    Descriptor descriptor(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    if (descriptor) return descriptor;
    bool allowed = errno != EPERM && errno != EACCES && errno != EROFS;
    throw_errno("open the video memory " + path.string() + (allowed || takes.empty() ? "" : takes));
}

// As /proc/iomem has it.
std::string hexadecimal(std::uint64_t value) {
    std::array<char, 16> digits{};
    auto end = std::to_chars(digits.begin(), digits.end(), value, 16).ptr;
    return "0x" + std::string(digits.begin(), end);
}

DeviceMemory mapped(const Descriptor& file, std::uint64_t size, std::uint64_t offset, std::uint64_t address) {
    Mapping mapping(file, size, Mapping::Access::read_write, offset);
    std::span<std::byte> bytes = mapping.bytes();
    MappingGuard guard(bytes);
    return {bytes, address, std::move(mapping), std::move(guard)};
}

}  // namespace

std::optional<FramebufferLocation> FramebufferLocation::parse(std::string_view where) {
    FramebufferLocation location;
    std::size_t colon = where.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    std::string_view kind = where.substr(0, colon);
    std::string_view rest = where.substr(colon + 1);
    if (kind == "mem") {
        location.kind_ = Kind::memory;
        std::size_t plus = rest.find('+');
        if (plus == std::string_view::npos) return std::nullopt;
        auto address = prefixed_number(rest.substr(0, plus));
        auto length = prefixed_number(rest.substr(plus + 1));
        if (!address || !length || *length == 0 || *address % page_size() != 0 || *length % page_size() != 0)
            return std::nullopt;
        location.address_ = *address;
        location.size_ = *length;
        return location;
    }
    if (kind != "pci" && kind != "uio") return std::nullopt;
    location.kind_ = kind == "pci" ? Kind::pci : Kind::uio;
    std::size_t slash = rest.rfind('/');
    if (slash == std::string_view::npos || slash == 0 || slash + 1 == rest.size()) return std::nullopt;
    location.device_ = rest.substr(0, slash);
    location.part_ = rest.substr(slash + 1);
    if (location.device_.starts_with(devices)) location.device_.erase(0, devices.size());
    // No path that leads elsewhere.
    if (location.device_.find('/') != std::string::npos || location.device_.starts_with('.'))
        return std::nullopt;
    if (location.kind_ == Kind::pci && !location.part_.starts_with(resource)) return std::nullopt;
    return location;
}

std::filesystem::path FramebufferLocation::file(const SystemFolders& folders) const {
    switch (kind_) {
        case Kind::pci:
            return folders.sysfs / "bus/pci/devices" / device_ / part_;
        case Kind::memory:
            return folders.devices / "mem";
        case Kind::uio:
            break;
    }
    return folders.devices / device_;
}

DeviceMemory FramebufferLocation::open(const SystemFolders& folders, std::uint64_t most) const {
    if (kind_ == Kind::pci) return open_pci(folders, most);
    if (kind_ == Kind::uio) return open_uio(folders, most);
    return open_memory(folders, most);
}

DeviceMemory FramebufferLocation::open_memory(const SystemFolders& folders, std::uint64_t most) const {
    // Without O_SYNC, which would make every store wait for the device.
    Descriptor memory = open_or_throw(
        file(folders), ", which takes hyperv-generation-2.conf (docs/hyperv.md), and no Secure Boot");
    try {
        return mapped(memory, most == 0 ? size_ : std::min(size_, most), address_, address_);
    } catch (const std::system_error& error) {
        // CONFIG_STRICT_DEVMEM and CONFIG_IO_STRICT_DEVMEM.
        if (error.code().value() != EPERM) throw;
        throw_errno("map the video memory at " + hexadecimal(address_) +
                        ", which a driver has for itself (see /proc/iomem; docs/binding.md), or which is no "
                        "device's",
                    EPERM);
    }
}

DeviceMemory FramebufferLocation::open_pci(const SystemFolders& folders, std::uint64_t most) const {
    std::filesystem::path path = file(folders);
    Descriptor resource_file =
        open_or_throw(path, ", which takes hyperv-generation-1.conf and a rule of udev (docs/hyperv.md)");
    // One line a resource: where it begins, where it ends, flags.
    auto index = prefixed_number(std::string_view(part_).substr(resource.size(), 1));
    std::istringstream lines(read_regular_file(path.parent_path() / "resource", page_size()));
    std::string begin;
    std::string end;
    std::string flags;
    for (std::uint64_t line = 0; index && line <= *index; ++line) lines >> begin >> end >> flags;
    auto first = prefixed_number(begin);
    auto last = prefixed_number(end);
    if (!lines || !first || !last || *last <= *first)
        throw std::runtime_error("cannot read where " + path.string() + " lies in memory");
    std::uint64_t size = *last - *first + 1;
    try {
        return mapped(resource_file, most == 0 ? size : std::min(size, most), 0, *first);
    } catch (const std::system_error& error) {
        // While a driver has the resource for itself nobody else may map it (CONFIG_IO_STRICT_DEVMEM).
        std::error_code none;
        std::filesystem::path driver = std::filesystem::read_symlink(path.parent_path() / "driver", none);
        if (error.code().value() != EINVAL || driver.empty()) throw;
        throw_errno("map " + path.string() + ", which its driver " + driver.filename().string() +
                        " has for itself; unbind that, or name the map of a UIO device instead",
                    EINVAL);
    }
}

DeviceMemory FramebufferLocation::open_uio(const SystemFolders& folders, std::uint64_t most) const {
    auto map = find_uio_map(folders.sysfs / "class/uio" / device_ / "maps", part_);
    if (!map) throw std::runtime_error("the device " + device_ + " has no map \"" + part_ + "\"");
    // The mapping holds the device open by itself.
    return map_uio(open_or_throw(file(folders)), *map, most);
}

}  // namespace hvfbd
