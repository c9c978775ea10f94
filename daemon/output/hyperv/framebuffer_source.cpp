#include "output/hyperv/framebuffer_source.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <fstream>
#include <vector>

#include "base/descriptor.h"
#include "base/error.h"
#include "base/layout.h"

namespace hvfbd::hyperv {

namespace {

constexpr std::uint64_t usual_size = 8 << 20;

std::optional<std::uint64_t> number(std::string_view text) {
    int base = 10;
    if (text.starts_with("0x")) {
        text.remove_prefix(2);
        base = 16;
    }
    std::uint64_t value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
    return value;
}

[[noreturn]] void refuse(const std::string& where) {
    throw Refusal(
        Refusal::Kind::invalid_arguments,
        "Framebuffer=" + where +
            " in hvfbd.conf is none of pci:ADDRESS/resourceN, mem:ADDRESS+SIZE, uio:NAME/MAP, simulated");
}

Descriptor open_or_throw(const std::filesystem::path& path, int flags) {
    Descriptor descriptor(::open(path.c_str(), flags | O_CLOEXEC));
    if (!descriptor) throw_errno("open the video memory " + path.string());
    return descriptor;
}

Framebuffer mapped(const Descriptor& file, std::uint64_t size, std::uint64_t offset, std::uint64_t address) {
    Mapping mapping(file, size, Mapping::Access::read_write, offset);
    std::span<std::byte> bytes = mapping.bytes();
    return {bytes, address, std::move(mapping)};
}

}  // namespace

FramebufferSource::FramebufferSource(const std::string& where, std::uint64_t size, Folders folders)
    : size_(size), folders_(std::move(folders)) {
    if (size_ % page_size() != 0)
        throw Refusal(Refusal::Kind::invalid_arguments,
                      "FramebufferSize= in hvfbd.conf must be a multiple of the page size");
    if (where.empty()) return;
    std::size_t colon = where.find(':');
    std::string kind = where.substr(0, colon);
    std::string rest = colon == std::string::npos ? "" : where.substr(colon + 1);
    if (where == "simulated") {
        kind_ = Kind::simulated;
    } else if (kind == "mem") {
        kind_ = Kind::memory;
        std::size_t plus = rest.find('+');
        auto address = number(std::string_view(rest).substr(0, plus));
        auto length =
            plus == std::string::npos ? std::nullopt : number(std::string_view(rest).substr(plus + 1));
        if (!address || !length || *length == 0 || *address % page_size() != 0 || *length % page_size() != 0)
            refuse(where);
        address_ = *address;
        size_ = size_ == 0 ? *length : std::min(size_, *length);
    } else if (kind == "pci" || kind == "uio") {
        kind_ = kind == "pci" ? Kind::pci : Kind::uio;
        std::size_t slash = rest.rfind('/');
        if (slash == std::string::npos || slash == 0 || slash + 1 == rest.size()) refuse(where);
        device_ = rest.substr(0, slash);
        part_ = rest.substr(slash + 1);
        if (device_.starts_with("/dev/")) device_.erase(0, 5);
        if (device_.find('/') != std::string::npos || (kind == "pci" && !part_.starts_with("resource")))
            refuse(where);
    } else {
        refuse(where);
    }
}

Framebuffer FramebufferSource::open(UioDevice& device) const {
    if (kind_ == Kind::simulated || kind_ == Kind::automatic) {
        if (auto map = device.map("framebuffer")) {
            std::size_t size =
                size_ == 0 ? map->bytes.size() : std::min<std::size_t>(size_, map->bytes.size());
            return {map->bytes.first(size), map->address, {}};
        }
        if (kind_ == Kind::simulated)
            throw std::runtime_error(
                "the device has no map \"framebuffer\"; Framebuffer=simulated needs a simulated one");
    }
    switch (kind_) {
        case Kind::pci:
            return open_pci(folders_.sysfs / "bus/pci/devices" / device_ / part_);
        case Kind::memory:
            return open_memory(address_, size_);
        case Kind::uio:
            return open_uio();
        case Kind::automatic:
        case Kind::simulated:
            break;
    }
    return open_found();
}

Framebuffer FramebufferSource::open_pci(const std::filesystem::path& resource) const {
    Descriptor file = open_or_throw(resource, O_RDWR);
    // One line a resource: where it begins, where it ends, flags.
    std::string name = resource.filename();
    auto index = number(std::string_view(name).substr(std::strlen("resource"), 1));
    std::ifstream lines(resource.parent_path() / "resource");
    std::string begin;
    std::string end;
    std::string flags;
    for (std::uint64_t line = 0; index && line <= *index; ++line) lines >> begin >> end >> flags;
    auto first = number(begin);
    auto last = number(end);
    if (!lines || !first || !last || *last <= *first)
        throw std::runtime_error("cannot read where " + resource.string() + " lies in memory");
    // The resource is 64 MiB whatever is behind it, and may even be smaller than the video memory.
    std::uint64_t size = std::min(size_ == 0 ? usual_size : size_, *last - *first + 1);
    return mapped(file, size, 0, *first);
}

Framebuffer FramebufferSource::open_memory(std::uint64_t address, std::uint64_t size) const {
    // Without O_SYNC, which would make every store wait for the device.
    Descriptor file = open_or_throw(folders_.devices / "mem", O_RDWR);
    return mapped(file, size, address, address);
}

Framebuffer FramebufferSource::open_uio() const {
    // The mapping holds the device open by itself.
    std::filesystem::path maps = folders_.sysfs / "class/uio" / device_ / "maps";
    for (unsigned i = 0; std::filesystem::exists(maps / ("map" + std::to_string(i))); ++i) {
        std::filesystem::path map = maps / ("map" + std::to_string(i));
        auto read = [&](const char* attribute) {
            std::string text;
            std::ifstream(map / attribute) >> text;
            return text;
        };
        if (map.filename() != part_ && read("name") != part_) continue;
        auto size = number(read("size"));
        auto address = number(read("addr"));
        if (!size || !address)
            throw std::runtime_error("cannot read where " + map.string() + " lies in memory");
        Descriptor node = open_or_throw(folders_.devices / device_, O_RDWR);
        return mapped(node, size_ == 0 ? *size : std::min(size_, *size), i * page_size(), *address);
    }
    throw std::runtime_error("the device " + device_ + " has no map \"" + part_ + "\"");
}

Framebuffer FramebufferSource::open_found() const {
    std::error_code ignored;
    std::vector<std::filesystem::path> adapters;
    for (const auto& entry :
         std::filesystem::directory_iterator(folders_.sysfs / "bus/pci/devices", ignored)) {
        std::string vendor;
        std::string device;
        std::ifstream(entry.path() / "vendor") >> vendor;
        std::ifstream(entry.path() / "device") >> device;
        if (vendor == "0x1414" && device == "0x5353") adapters.push_back(entry.path());
    }
    std::sort(adapters.begin(), adapters.end());
    if (!adapters.empty()) return open_pci(adapters.front() / "resource0");

    // struct screen_info of include/uapi/linux/screen_info.h, the beginning of x86's boot_params: lfb_base,
    // and its upper half.
    constexpr std::size_t base_at = 0x18, upper_base_at = 0x3a, size = 0x40;
    std::array<char, size> screen_info{};
    std::ifstream parameters(folders_.sysfs / "kernel/boot_params/data", std::ios::binary);
    parameters.read(screen_info.data(), size);
    std::uint32_t base = 0;
    std::uint32_t upper = 0;
    std::memcpy(&base, screen_info.data() + base_at, sizeof base);
    std::memcpy(&upper, screen_info.data() + upper_base_at, sizeof upper);
    std::uint64_t address = std::uint64_t{upper} << 32 | base;
    if (!parameters || address == 0 || address % page_size() != 0)
        throw std::runtime_error(
            "cannot find the video memory: no Hyper-V display adapter on PCI, and the firmware has no "
            "picture; set "
            "Framebuffer=mem:ADDRESS+SIZE in hvfbd.conf");
    return open_memory(address, size_ == 0 ? usual_size : size_);
}

}  // namespace hvfbd::hyperv
