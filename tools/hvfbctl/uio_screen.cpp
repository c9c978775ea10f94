#include "uio_screen.h"

#include <algorithm>

#include "base/file_reading.h"
#include "devices/framebuffer_location.h"
#include "devices/uio_maps.h"
#include "rights.h"
#include "sandbox.h"

namespace hvfbctl {

namespace {

using Level = Finding::Level;
using Findings = std::vector<Finding>;
using hvfbd::FramebufferLocation;
namespace fs = std::filesystem;

constexpr const char* device_subject = "UIO device";
constexpr const char* memory_subject = "UIO screen memory";
constexpr const char* configuration_mend =
    "set Uio= and Framebuffer= in /etc/hvfbd/hvfbd.conf.d/screen.conf as /usr/share/doc/hvfbd/uio.md says";
constexpr const char* restart = "sudo systemctl restart hvfbd";

std::string bind_by_hand(const std::string& address) {
    const std::string device = "/sys/bus/pci/devices/" + address;
    return "sudo modprobe uio_cif && echo " + address + " | sudo tee " + device +
           "/driver/unbind ; echo hilscher | sudo tee " + device + "/driver_override && echo " + address +
           " | sudo tee /sys/bus/pci/drivers_probe";
}

// The node of the PCI device; nothing: a finding says why there is none.
std::string node_of_pci(const fs::path& root, const std::string& address, Findings& findings) {
    const fs::path device = root / "sys/bus/pci/devices" / address;
    if (!hvfbd::is_there(device)) {
        findings.push_back({Level::warn, device_subject, "there is no PCI device " + address,
                            "lspci -D, and set Uio=pci:ADDRESS in hvfbd.conf"});
        return "";
    }
    std::vector<std::string> nodes;
    for (const auto& entry : hvfbd::entries_if_there(device / "uio")) nodes.push_back(entry.filename());
    if (!nodes.empty()) return *std::ranges::min_element(nodes);
    const std::string driver = hvfbd::name_behind(device / "driver");
    findings.push_back(
        {Level::warn, device_subject,
         address + (driver.empty() ? " has no driver" : " belongs to " + driver) +
             ", which makes no UIO device of it (/usr/share/doc/hvfbd/uio.md binds it at each boot)",
         bind_by_hand(address)});
    return "";
}

// The node that Uio= names, through a link of udev's; nothing: a finding says why there is none.
std::string find_node(const fs::path& root, const std::string& uio, Findings& findings) {
    constexpr std::string_view pci = "pci:", devices = "/dev/";
    if (uio.starts_with(pci)) return node_of_pci(root, uio.substr(pci.size()), findings);
    std::string name = uio.starts_with(devices) ? uio.substr(devices.size()) : uio;
    if (const std::string behind = hvfbd::name_behind(root / "dev" / name); !behind.empty()) name = behind;
    if (hvfbd::is_there(root / "sys/class/uio" / name)) return name;
    findings.push_back(
        {Level::warn, device_subject, "there is no " + uio,
         "bind a driver that makes UIO devices, such as uio_cif (/usr/share/doc/hvfbd/uio.md)"});
    return "";
}

// What the mode takes; 0: the configuration does not say, and only a device with registers does.
std::uint64_t needed(const hvfbd::Configuration& configuration) {
    const auto& output = configuration.output;
    if (!output.mode) return 0;
    try {
        const hvfbd::Layout layout = hvfbd::layout_for(*output.mode, output.stride);
        return std::uint64_t{layout.stride} * layout.height;
    } catch (const std::exception&) {
        return 0;
    }
}

void examine_size(std::uint64_t size, const std::string& where, const hvfbd::Configuration& configuration,
                  Findings& findings) {
    const auto& output = configuration.output;
    const std::uint64_t has = output.framebuffer_size == 0 ? size : std::min(size, output.framebuffer_size);
    const std::string found = where + " has " + std::to_string(has >> 10) + " KiB";
    if (has >= needed(configuration)) {
        findings.push_back({Level::ok, memory_subject, found, ""});
        return;
    }
    findings.push_back({Level::warn, memory_subject,
                        found + ", and Mode= takes " + std::to_string(needed(configuration) >> 10),
                        "set a smaller Mode=, a larger FramebufferSize=, or another map, in hvfbd.conf"});
}

void examine_maps(const fs::path& root, const std::string& node, const std::string& wanted,
                  const hvfbd::Configuration& configuration, Findings& findings) {
    const fs::path maps = root / "sys/class/uio" / node / "maps";
    try {
        auto map = hvfbd::find_uio_map(maps, wanted.empty() ? "framebuffer" : wanted);
        if (!map && wanted.empty()) map = hvfbd::find_uio_map(maps, "map0");
        if (map) {
            const std::string where = "/dev/" + node + ", " + map->folder.filename().string();
            const std::uint64_t pages = map->size / hvfbd::page_size() * hvfbd::page_size();
            if (pages <= map->offset) {
                findings.push_back({Level::warn, memory_subject,
                                    where + " has " + std::to_string(map->size) +
                                        " bytes, and only whole pages can be mapped",
                                    "name another map: Framebuffer=mapN in hvfbd.conf"});
                return;
            }
            return examine_size(map->size - map->offset, where, configuration, findings);
        }
    } catch (const std::exception& error) {
        findings.push_back({Level::warn, memory_subject, error.what(), "use another driver"});
        return;
    }
    if (!wanted.empty()) {
        findings.push_back({Level::warn, memory_subject, "/dev/" + node + " has no map \"" + wanted + "\"",
                            "ls /sys/class/uio/" + node + "/maps, and set Framebuffer=mapN in hvfbd.conf"});
        return;
    }
    // As uio_pci_generic has it.
    if (hvfbd::is_there(root / "sys/class/uio" / node / "device/resource0")) {
        findings.push_back({Level::ok, memory_subject,
                            "/dev/" + node + " has no maps: resource0 of its PCI device is taken", ""});
        findings.push_back(examine_sandbox(root, VideoMemory::pci_resource));
    } else {
        findings.push_back({Level::warn, memory_subject, "/dev/" + node + " has no maps, and no resource0",
                            "use a driver that exports the memory, such as uio_cif"});
    }
}

void examine_node(const fs::path& root, const std::string& uio, const std::string& map,
                  const hvfbd::Configuration& configuration, Findings& findings) {
    const std::string node = find_node(root, uio, findings);
    if (node.empty()) return;
    const fs::path device = hvfbd::canonical_if_there(root / "sys/class/uio" / node / "device");
    const std::string driver = hvfbd::name_behind(device / "driver");
    findings.push_back({Level::ok, device_subject,
                        "/dev/" + node + (device.empty() ? "" : " is " + device.filename().string()) +
                            (driver.empty() ? "" : ", of the driver " + driver),
                        ""});
    const std::string rule =
        R"(SUBSYSTEM=="uio", KERNELS==")" + device.filename().string() + R"(", GROUP="hvfbd", MODE="0660")";
    findings.push_back(examine_rights("UIO device node", root / "dev" / node, "/dev/" + node,
                                      "echo '" + rule +
                                          "' | sudo tee -a /etc/udev/rules.d/71-hvfbd-screen.rules && sudo "
                                          "udevadm control --reload && sudo udevadm trigger --name-match=" +
                                          node));
    examine_maps(root, node, map, configuration, findings);
}

void examine_pci_resource(const fs::path& root, const FramebufferLocation& location,
                          const hvfbd::Configuration& configuration, Findings& findings) {
    const fs::path device = root / "sys/bus/pci/devices" / location.device();
    const std::string shown = "/sys/bus/pci/devices/" + location.device() + "/" + location.part();
    findings.push_back(examine_sandbox(root, VideoMemory::pci_resource));
    findings.push_back(
        examine_rights(device_subject, device / location.part(), shown,
                       "sudo chgrp hvfbd " + shown + " && sudo chmod 0660 " + shown + " && " + restart));
    if (findings.back().level != Level::ok) return;
    // Which alone leaves the resources to others.
    const std::string driver = hvfbd::name_behind(device / "driver");
    if (!driver.empty() && driver != "uio_pci_generic") {
        findings.push_back({Level::warn, memory_subject,
                            location.device() + " belongs to " + driver +
                                ", while which the kernel lets nobody else map its resources (EINVAL)",
                            "echo " + location.device() + " | sudo tee /sys/bus/pci/devices/" +
                                location.device() +
                                "/driver/unbind # or name a map of a UIO device instead: Uio="});
        return;
    }
    const fs::path resource = device / location.part();
    examine_size(hvfbd::is_there(resource) ? fs::file_size(resource) : 0, shown, configuration, findings);
}

void examine_physical_memory(const fs::path& root, Findings& findings) {
    const bool there = hvfbd::is_there(root / "dev/mem");
    findings.push_back({there ? Level::ok : Level::warn, memory_subject,
                        there ? "/dev/mem is there" : "this kernel has no /dev/mem",
                        there ? "" : "use a kernel with CONFIG_DEVMEM, or name a UIO device: Uio="});
    findings.push_back(examine_sandbox(root, VideoMemory::physical));
}

}  // namespace

void examine_uio_screen(const fs::path& root, const hvfbd::Configuration& configuration, Findings& findings) {
    const auto& output = configuration.output;
    const auto location = FramebufferLocation::parse(output.framebuffer);
    if (output.uio.empty() == !location || (location && !output.uio.empty())) {
        findings.push_back({Level::warn, device_subject,
                            location
                                ? "Framebuffer= says itself which device it is, and Uio= another"
                                : "nothing says which: there is no Uio=, nor a Framebuffer= with a device",
                            configuration_mend});
        return;
    }
    if (!location) return examine_node(root, output.uio, output.framebuffer, configuration, findings);
    switch (location->kind()) {
        case FramebufferLocation::Kind::pci:
            return examine_pci_resource(root, *location, configuration, findings);
        case FramebufferLocation::Kind::memory:
            return examine_physical_memory(root, findings);
        case FramebufferLocation::Kind::uio:
            return examine_node(root, location->device(), location->part(), configuration, findings);
    }
}

}  // namespace hvfbctl
