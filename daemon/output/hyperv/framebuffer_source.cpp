#include "output/hyperv/framebuffer_source.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "base/error.h"
#include "base/file_reading.h"
#include "base/layout.h"

namespace hvfbd::hyperv {

namespace {

constexpr std::uint64_t usual_size = 8 << 20;

}  // namespace

FramebufferSource::FramebufferSource(const std::string& where, std::uint64_t size, SystemFolders folders)
    : simulated_(where == "simulated"), size_(size), folders_(std::move(folders)) {
    if (size_ % page_size() != 0)
        throw RequestError(RequestError::Kind::invalid_arguments,
                           "FramebufferSize= in hvfbd.conf must be a multiple of the page size");
    if (where.empty() || simulated_) return;
    location_ = FramebufferLocation::parse(where);
    if (!location_)
        throw RequestError(
            RequestError::Kind::invalid_arguments,
            "Framebuffer=" + where +
                " in hvfbd.conf is none of pci:ADDRESS/resourceN, mem:ADDRESS+SIZE, uio:NAME/MAP, simulated");
}

Framebuffer FramebufferSource::open(UioDevice& device) const {
    if (location_) return open(*location_);
    if (auto map = device.map("framebuffer")) {
        std::size_t size = size_ == 0 ? map->bytes.size() : std::min<std::size_t>(size_, map->bytes.size());
        return {map->bytes.first(size), map->address, {}};
    }
    if (simulated_)
        throw std::runtime_error(
            "the device has no map \"framebuffer\"; Framebuffer=simulated needs a simulated one");
    return open_found();
}

Framebuffer FramebufferSource::open(const FramebufferLocation& location) const {
    // The resource is 64 MiB whatever is behind it, and may even be smaller than the video memory.
    bool unknown = size_ == 0 && location.kind() == FramebufferLocation::Kind::pci;
    Framebuffer framebuffer = location.open(folders_, unknown ? usual_size : size_);
    if (framebuffer.address == 0 && location.kind() == FramebufferLocation::Kind::uio)
        throw std::runtime_error("cannot read where the map \"" + location.part() + "\" of " +
                                 location.device() + " lies in memory");
    return framebuffer;
}

Framebuffer FramebufferSource::open_found() const {
    std::vector<std::string> adapters;
    for (const auto& entry : entries_of(folders_.sysfs / "bus/pci/devices"))
        if (first_line_of(entry / "vendor") == "0x1414" && first_line_of(entry / "device") == "0x5353")
            adapters.push_back(entry.filename());
    if (!adapters.empty())
        return open(FramebufferLocation::parse("pci:" + adapters.front() + "/resource0").value());

    // struct screen_info of include/uapi/linux/screen_info.h, the beginning of x86's boot_params: lfb_base,
    // and its upper half.
    constexpr std::size_t base_at = 0x18, upper_base_at = 0x3a, size = 0x40;
    std::string screen_info;
    try {
        screen_info = read_regular_file(folders_.sysfs / "kernel/boot_params/data", page_size());
    } catch (const std::system_error& error) {
        if (is_shortage(error)) throw;
        // Said below, with what to do about it.
    }
    bool read = screen_info.size() >= size;
    screen_info.resize(size);
    std::uint32_t base = 0;
    std::uint32_t upper = 0;
    std::memcpy(&base, screen_info.data() + base_at, sizeof base);
    std::memcpy(&upper, screen_info.data() + upper_base_at, sizeof upper);
    std::uint64_t address = std::uint64_t{upper} << 32 | base;
    if (!read || address == 0 || address % page_size() != 0)
        throw std::runtime_error(
            "cannot find the video memory: no Hyper-V display adapter on PCI, and the firmware has no "
            "picture; set Framebuffer=mem:ADDRESS+SIZE in hvfbd.conf, with the address that Linux says "
            "behind "
            "fb= (dmesg | grep hv_mmio=), where it says so");
    std::uint64_t most = size_ == 0 ? usual_size : size_;
    return open(
        FramebufferLocation::parse("mem:" + std::to_string(address) + "+" + std::to_string(most)).value());
}

}  // namespace hvfbd::hyperv
