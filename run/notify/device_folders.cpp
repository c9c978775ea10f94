#include "run/notify/device_folders.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string_view>

#include "run/device_files.h"
#include "run/notify/own_file_system.h"

namespace run {
namespace {

constexpr std::size_t room = 1U << 20;
constexpr const char* class_folder = "class/graphics";
constexpr const char* device_folder = "devices/virtual/graphics/fb0";
const std::string class_path = "/sys/class/graphics", device_path = class_path + "/fb0";

bool link(const hvfbd::Descriptor& root, const std::string& target, const std::string& name) {
    return ::symlinkat(target.c_str(), root.get(), name.c_str()) == 0;
}

}  // namespace

bool DeviceFolders::make() {
    hvfbd::Descriptor root = own_file_system(room).root;
    if (!root) return false;
    // As in sysfs, so that links lead to where they lead there.
    for (const char* const folder :
         {"class", class_folder, "devices", "devices/virtual", "devices/virtual/graphics", device_folder})
        if (::mkdirat(root.get(), folder, 0755) != 0) return false;
    const std::string subsystem = "/subsystem";
    if (!link(root, std::string(fbdev::link_target(device_path)), class_folder + std::string("/fb0")) ||
        !link(root, std::string(fbdev::link_target(device_path + subsystem)), device_folder + subsystem))
        return false;
    // The kernel's own framebuffer of this name is not the one that is there now.
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(class_path, none))
        if (const std::string name = entry.path().filename(); name != "fb0")
            link(root, entry.path(), class_folder + ('/' + name));
    root_ = std::move(root);
    return true;
}

void DeviceFolders::write_attributes(const fbdev::FbDevice& device) const {
    for (std::size_t index = 0; const char* const name = fbdev::listed_name(device_path, index); ++index) {
        if (!fbdev::link_target(device_path + '/' + name).empty()) continue;
        char text[256];
        const std::size_t length = fbdev::attribute_text(device_path + '/' + name, device, text, sizeof text);
        const std::string path = device_folder + ('/' + std::string(name));
        // Anew: who reads the old one reads on, and nobody writes.
        ::unlinkat(root_.get(), path.c_str(), 0);
        const hvfbd::Descriptor file(
            ::openat(root_.get(), path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444));
        [[maybe_unused]] const auto written = ::write(file.get(), text, length);
    }
}

hvfbd::Descriptor DeviceFolders::open(const std::string& path, const fbdev::FbDevice* device) {
    if (!root_ && !make()) return {};
    if (device) write_attributes(*device);
    const std::string_view target = fbdev::link_target(path);
    const bool is_class = fbdev::is_class_folder(path) || target.ends_with(class_folder);
    return hvfbd::Descriptor(
        ::openat(root_.get(), is_class ? class_folder : device_folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

}  // namespace run
