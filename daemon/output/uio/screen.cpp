#include "output/uio/screen.h"

#include <fcntl.h>

#include <algorithm>

#include "base/descriptor.h"
#include "base/error.h"
#include "base/file_reading.h"
#include "base/layout.h"
#include "devices/uio_maps.h"

namespace hvfbd::uio {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view pci = "pci:", devices = "/dev/", first_map = "map0", second_map = "map1";

[[noreturn]] void refuse(const std::string& sentence) {
    throw RequestError(RequestError::Kind::invalid_arguments, sentence + " in hvfbd.conf");
}

bool plain(const std::string& name) {
    return !name.empty() && name.find('/') == std::string::npos && !name.starts_with('.');
}

fs::path parent_of(const fs::path& sysfs, const std::string& node) {
    return canonical_if_there(sysfs / "class/uio" / node / "device");
}

// Reading a register of a device that is something else may do anything to it: the kernel's driver for the
// adapter knows it by these (drivers/gpu/drm/tiny/bochs.c of Linux), and so do we.
bool may_be_display_adapter(const fs::path& device) {
    std::string vendor = first_line_of(device / "vendor");
    return (vendor == "0x1234" || vendor == "0x4321") && first_line_of(device / "device") == "0x1111";
}

void add_registers(DeviceMemory&& memory, Screen& screen) {
    if (memory.bytes.size() < MappedRegisters::end) return;
    auto registers = std::make_unique<MappedRegisters>(memory.bytes);
    if (!is_display_adapter(*registers)) return;
    screen.registers_memory = std::move(memory);
    screen.registers = std::move(registers);
}

Descriptor open_node(const fs::path& path) {
    // No O_SYNC: a mapping is uncached whatever is asked for.
    Descriptor node(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    if (node) return node;
    if (errno == ENOENT || errno == ENXIO || errno == ENODEV)
        throw ScreenPort::NotThere("there is no " + path.string());
    if (errno == EACCES)
        throw_errno("open " + path.string() + ", which takes a rule of udev (docs/uio.md)", EACCES);
    // The unit's DeviceAllow=char-uio was looked up when it was started.
    if (errno == EPERM)
        throw_errno(
            "open " + path.string() +
                ", which no unit may that was started before the module uio came: sudo systemctl restart "
                "hvfbd (docs/uio.md)",
            EPERM);
    throw_errno("open " + path.string());
}

}  // namespace

KernelScreenPort::KernelScreenPort(std::string uio, const std::string& framebuffer, std::uint64_t size,
                                   SystemFolders folders)
    : uio_(std::move(uio)), map_(framebuffer), size_(size), folders_(std::move(folders)) {
    if (size_ % page_size() != 0) refuse("FramebufferSize= must be a multiple of the page size");
    location_ = FramebufferLocation::parse(framebuffer);
    if (!location_ && framebuffer.find_first_of(":/") != std::string::npos)
        refuse("Framebuffer=" + framebuffer +
               " is none of a map's name or number (map0), pci:ADDRESS/resourceN, mem:ADDRESS+SIZE, "
               "uio:NAME/MAP");
    if (uio_.empty() && !location_)
        refuse(framebuffer.empty() ? "Type=uio needs Uio=/dev/uioN, or Framebuffer=pci:ADDRESS/resourceN,"
                                   : "Type=uio with Framebuffer=" + framebuffer + " needs Uio=/dev/uioN");
    if (!uio_.empty() && location_)
        refuse("Framebuffer=" + framebuffer + " says itself which device it is: leave out Uio=" + uio_);
    if (location_ && location_->kind() == FramebufferLocation::Kind::uio) {
        uio_ = location_->device();
        map_ = location_->part();
        location_.reset();
    }
    if (uio_.starts_with(devices)) uio_.erase(0, devices.size());
    if (!location_ && !plain(uio_.starts_with(pci) ? uio_.substr(pci.size()) : uio_))
        refuse("Uio=" + uio_ + " is neither /dev/uioN nor pci:ADDRESS");
}

std::unique_ptr<Screen> KernelScreenPort::open() {
    auto screen = std::make_unique<Screen>();
    if (location_) {
        map_location(*location_, *screen);
    } else {
        map_of(find_node(), *screen);
    }
    if (reinterpret_cast<std::uintptr_t>(screen->memory.bytes.data()) % bytes_per_pixel != 0)
        throw std::runtime_error("the screen memory of " + screen->name +
                                 " does not begin at a multiple of 4 bytes");
    if (size_ != 0 && size_ < screen->memory.bytes.size())
        screen->memory.bytes = screen->memory.bytes.first(size_);
    return screen;
}

// The name of the node, as it is now.
std::string KernelScreenPort::find_node() {
    if (uio_.starts_with(pci)) {
        std::string address = uio_.substr(pci.size());
        fs::path device = folders_.sysfs / "bus/pci/devices" / address;
        if (auto nodes = entries_of(device / "uio"); !nodes.empty()) return nodes.front().filename();
        if (!is_there(device)) throw NotThere("there is no PCI device " + address);
        std::string driver = name_behind(device / "driver");
        throw NotThere("the PCI device " + address + " is held by " +
                       (driver.empty() ? "no driver" : driver) +
                       "; bind it to one that makes a UIO device of it (docs/uio.md)");
    }
    fs::path node = folders_.devices / uio_;
    // Whoever made the link answers for where it leads.
    if (!name_behind(node).empty()) {
        fs::path target = canonical_if_there(node);
        if (target.empty()) throw NotThere("there is nothing behind the link " + node.string());
        return target.filename();
    }
    return find_by_number(uio_);
}

std::string KernelScreenPort::find_by_number(const std::string& name) {
    fs::path parent = parent_of(folders_.sysfs, name);
    if (parent_.empty()) parent_ = parent;
    if (parent == parent_) return name;
    for (const fs::path& entry : entries_of(folders_.sysfs / "class/uio"))
        if (parent_of(folders_.sysfs, entry.filename()) == parent_) return entry.filename();
    if (parent.empty()) throw NotThere("the device that was " + name + " is not there");
    throw NotThere(name + " is another device now (" + parent.filename().string() + ", not " +
                   parent_.filename().string() +
                   "); restart hvfbd to draw on that, or name the device: Uio=pci:ADDRESS");
}

void KernelScreenPort::map_of(const std::string& node, Screen& screen) const {
    screen.name = devices;
    screen.name += node;
    screen.file = folders_.devices / node;
    screen.identity = FileIdentity::of(screen.file);
    Descriptor opened = open_node(screen.file);
    fs::path device = parent_of(folders_.sysfs, node);
    fs::path maps = folders_.sysfs / "class/uio" / node / "maps";

    auto map = find_uio_map(maps, map_.empty() ? "framebuffer" : map_);
    if (!map && map_.empty()) map = find_uio_map(maps, first_map);
    if (map) {
        // All of it, so that a display adapter can have larger modes later.
        screen.memory = map_uio(opened, *map);
        auto registers = find_uio_map(maps, second_map);
        if (registers && registers->index != map->index && may_be_display_adapter(device))
            add_registers(map_uio(opened, *registers), screen);
        return;
    }
    if (!map_.empty())
        throw std::runtime_error(screen.name + " has no map \"" + map_ +
                                 "\"; set Framebuffer=mapN in hvfbd.conf");
    // uio_pci_generic has no maps, and does not have the resources for itself either. The attribute
    // `resource` tells that this is PCI.
    if (device.empty() || !is_there(device / "resource"))
        throw std::runtime_error(screen.name + " has no maps, and is no PCI device");
    auto resource = FramebufferLocation::parse("pci:" + device.filename().string() + "/resource0");
    if (!resource) throw std::runtime_error(screen.name + " has no maps, and is no PCI device");
    Screen of_resource;
    map_location(*resource, of_resource);
    screen.memory = std::move(of_resource.memory);
    screen.registers_memory = std::move(of_resource.registers_memory);
    screen.registers = std::move(of_resource.registers);
}

void KernelScreenPort::map_location(const FramebufferLocation& location, Screen& screen) const {
    bool is_pci = location.kind() == FramebufferLocation::Kind::pci;
    screen.file = location.file(folders_);
    screen.name = is_pci ? location.device() + "/" + location.part() : screen.file.string();
    screen.identity = FileIdentity::of(screen.file);
    if (is_pci && !screen.identity) throw NotThere("there is no " + screen.file.string());
    if (is_pci) {
        screen.driver_link = screen.file.parent_path() / "driver";
        screen.driver = Screen::driver_behind(screen.driver_link);
    }
    screen.memory = location.open(folders_, 0);
    fs::path device = screen.file.parent_path();
    if (!is_pci || !may_be_display_adapter(device)) return;
    auto registers = FramebufferLocation::parse("pci:" + location.device() + "/resource2");
    if (registers) add_registers(registers->open(folders_, 0), screen);
}

}  // namespace hvfbd::uio
