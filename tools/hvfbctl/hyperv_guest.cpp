#include "hyperv_guest.h"

#include <algorithm>
#include <array>

#include "base/file_reading.h"
#include "binding/circumstances.h"
#include "rights.h"
#include "sandbox.h"

namespace hvfbctl {

namespace {

using Level = Finding::Level;
using Findings = std::vector<Finding>;
using hvfbd::Circumstances;
using hvfbd::Obstacle;
using hvfbd::VmbusDevice;
namespace fs = std::filesystem;

// What is in the way or, if that is nothing, what is well.
Finding finding(const char* subject, const std::optional<Obstacle>& obstacle, const std::string& well) {
    if (obstacle) return {Level::warn, subject, obstacle->sentence, obstacle->mend};
    return {Level::ok, subject, well, ""};
}

Finding who_has(const VmbusDevice& device) {
    const char* const subject = "Hyper-V video";
    const std::string& name = device.instance;
    if (Circumstances::is_bound(device))
        return {Level::ok, subject, name + " is free for programs (uio_hv_generic)", ""};
    const std::string drivers = "/sys/bus/vmbus/drivers/";
    const std::string uio = drivers + hvfbd::uio_driver;
    std::string by_hand = "sudo modprobe uio_hv_generic && echo " +
                          std::string(hvfbd::synthetic_video_class) + " | sudo tee " + uio + "/new_id";
    // Without a driver it is taken as soon as the class is known.
    if (device.driver)
        by_hand += " ; echo " + name + " | sudo tee " + drivers + *device.driver + "/unbind && echo " + name +
                   " | sudo tee " + uio + "/bind";
    return {Level::warn, subject,
            name + (device.driver ? " belongs to " + *device.driver : " has no driver") +
                ", so that hvfbd cannot show anything on it",
            "sudo systemctl enable --now hvfbd-bind # or, until it starts again: " + by_hand};
}

constexpr const char* take_firmwares_picture =
    "sudo mkdir -p /etc/systemd/system/hvfbd-bind.service.d && printf "
    "'[Service]\\nEnvironment=BIND_OPTIONS=--take-firmware-framebuffer\\n' | sudo tee "
    "/etc/systemd/system/hvfbd-bind.service.d/firmware.conf && sudo systemctl daemon-reload && ";

// Whether this kernel has one of its own for the device, loaded or not. Nothing: it cannot be known, as in a
// container without the kernel's modules.
std::optional<bool> has_screen_driver(const fs::path& root, const Circumstances& guest) {
    constexpr std::array<const char*, 2> drivers = {"hyperv_drm", "hyperv_fb"};
    constexpr std::size_t most = 16 << 20;
    const fs::path modules = root / "lib/modules" / guest.kernel_release;
    std::string all;
    for (const char* list : {"modules.dep", "modules.builtin"}) {
        if (!hvfbd::is_there(modules / list)) return std::nullopt;
        all += hvfbd::read_regular_file(modules / list, most);
    }
    return std::ranges::any_of(drivers, [&](const char* name) {
        return hvfbd::is_there(root / "sys/bus/vmbus/drivers" / name) ||
               all.find("/" + std::string(name) + ".ko") != std::string::npos;
    });
}

// Debian's cloud flavour since Linux 7: without hvfbd it has the firmware's picture, and nothing else.
void examine_only_way(const fs::path& root, const Circumstances& guest, const VmbusDevice& device,
                      Findings& findings) {
    if (has_screen_driver(root, guest).value_or(true)) return;
    const auto writer =
        std::ranges::find_if(guest.firmware, [](const auto& each) { return each.driver.has_value(); });
    const bool bound = Circumstances::is_bound(device);
    std::string sentence = "Linux " + guest.kernel_release +
                           " has neither hyperv_drm nor hyperv_fb, so that hvfbd is the only way to it";
    // Once it is bound, what is said of that picture has the command.
    if (bound || writer == guest.firmware.end()) {
        findings.push_back({Level::ok, "Hyper-V screen", std::move(sentence), ""});
        return;
    }
    findings.push_back({Level::warn, "Hyper-V screen",
                        std::move(sentence) + " but the firmware's picture, which " + *writer->driver +
                            " has for itself: it has to be taken as well",
                        take_firmwares_picture + std::string("sudo systemctl enable --now hvfbd-bind")});
}

// `trigger`: the command that lets udev see the file again.
Finding rights(const std::string& subject, const fs::path& file, const std::string& shown,
               const std::string& trigger) {
    return examine_rights(subject, file, shown, "sudo udevadm control --reload && " + trigger);
}

// Of Linux 6.10: takes channels without a bit. Of 6.15: signals the host on channels with one.
Finding monitor_bit(const Circumstances& guest, const VmbusDevice& device) {
    constexpr hvfbd::KernelVersion signals_always = {6, 15};
    std::string well = "none, which the kernel allows for";
    if (device.monitor_id) {
        well = "number " + std::to_string(*device.monitor_id);
        if (guest.kernel < signals_always)
            well += "; before Linux 6.15 the host is signalled by it alone, and may be a little late";
    }
    return finding("Hyper-V monitor bit", unsupported_channel(guest), well);
}

Finding video_memory(const fs::path& root, const Circumstances& guest) {
    const char* const subject = "Hyper-V video memory";
    if (guest.display_adapter) {
        const std::string file = "sys/bus/pci/devices/" + *guest.display_adapter + "/resource0";
        Finding found =
            rights(subject, root / file, "/" + file,
                   "sudo udevadm trigger --action=add /sys/bus/pci/devices/" + *guest.display_adapter);
        found.sentence = "generation 1: " + found.sentence;
        return found;
    }
    if (hvfbd::is_there(root / "dev/mem")) return {Level::ok, subject, "generation 2: /dev/mem is there", ""};
    return {Level::warn, subject, "generation 2: this kernel has no /dev/mem",
            "use a kernel with CONFIG_DEVMEM, or set Framebuffer=uio:NAME/MAP in hvfbd.conf"};
}

void examine_bound(const fs::path& root, const Circumstances& guest, const VmbusDevice& device,
                   Findings& findings) {
    const std::string name = device.uio.value_or("uioN");
    findings.push_back(rights("Hyper-V device node", root / "dev" / name, "/dev/" + name,
                              "sudo udevadm trigger --name-match=" + name));
    for (const hvfbd::FirmwareFramebuffer& framebuffer : guest.firmware)
        if (framebuffer.driver)
            findings.push_back({Level::warn, "firmware's picture",
                                framebuffer.device + " belongs to " + *framebuffer.driver +
                                    ", which draws on the same memory",
                                take_firmwares_picture + std::string("sudo systemctl restart hvfbd-bind")});
    findings.push_back(finding(
        "hibernation",
        guest.host_offers_hibernation
            ? std::optional(Obstacle{
                  "fails while the device is bound to uio_hv_generic, which cannot sleep",
                  "sudo systemctl stop hvfbd-bind before it, and sudo systemctl start hvfbd-bind after"})
            : std::nullopt,
        "this virtual machine does not offer it"));
}

}  // namespace

void examine_hyperv_guest(const fs::path& root, Findings& findings) {
    const Circumstances guest = hvfbd::read_circumstances(root);
    if (!guest.vmbus) {
        findings.push_back({Level::ok, "Hyper-V video", "not a Hyper-V guest", ""});
        return;
    }
    const VmbusDevice* const device = guest.device();
    if (device == nullptr) {
        findings.push_back(finding("Hyper-V video", missing_device(guest), ""));
        return;
    }
    findings.push_back(who_has(*device));
    examine_only_way(root, guest, *device, findings);
    findings.push_back(monitor_bit(guest, *device));
    findings.push_back(
        finding("kernel lockdown", locked_down(guest), "off: programs may map the video memory"));
    findings.push_back(video_memory(root, guest));
    findings.push_back(
        examine_sandbox(root, guest.display_adapter ? VideoMemory::pci_resource : VideoMemory::physical));
    if (Circumstances::is_bound(*device)) examine_bound(root, guest, *device, findings);
}

}  // namespace hvfbctl
