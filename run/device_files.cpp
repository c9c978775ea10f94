#include "run/device_files.h"

#include <sys/sysmacros.h>

#include <cstdio>
#include <cstring>

namespace fbdev {
namespace {

constexpr std::size_t longest = 128;
constexpr unsigned terminal_major = 4, controlling_major = 5;
constexpr std::string_view class_folder = "/sys/class/graphics";
constexpr std::string_view link_path = "/sys/class/graphics/fb0";
constexpr std::string_view real_folder = "/sys/devices/virtual/graphics/fb0";
constexpr const char* attributes[] = {"bits_per_pixel", "blank",  "console", "cursor",      "dev",
                                      "mode",           "modes",  "name",    "pan",         "rotate",
                                      "state",          "stride", "uevent",  "virtual_size"};

// Without slashes that say nothing. Empty: it is too long to be one of ours, or not absolute.
class Plain {
  public:
    explicit Plain(std::string_view path) {
        if (path.empty() || path[0] != '/') return;
        for (const char c : path) {
            if (c == '/' && length_ > 0 && text_[length_ - 1] == '/') continue;
            if (length_ == longest) {
                length_ = 0;
                return;
            }
            text_[length_++] = c;
        }
        if (length_ > 1 && text_[length_ - 1] == '/') --length_;
    }
    std::string_view view() const { return {text_, length_}; }

  private:
    char text_[longest];
    std::size_t length_ = 0;
};

// Those of std::string_view that take a part bring the C++ library, for an exception that they do not throw
// here.
bool begins(std::string_view text, std::string_view with) {
    return text.size() >= with.size() && std::memcmp(text.data(), with.data(), with.size()) == 0;
}

bool is_terminal(std::string_view path) {
    if (path == "/dev/console" || path == "/dev/vc/0" || path == "/dev/tty0") return true;
    if (!begins(path, "/dev/tty") && !begins(path, "/dev/vc/")) return false;
    std::string_view number = path;
    number.remove_prefix(8);
    if (number.empty() || number.size() > 2 || number[0] == '0') return false;
    for (const char c : number)
        if (c < '0' || c > '9') return false;
    return number.size() == 1 || number <= "63";
}

// Of a path of the folder, what comes after it; null data: it is not in it.
std::string_view below_folder(std::string_view path) {
    for (const std::string_view folder : {link_path, real_folder})
        if (path.size() > folder.size() && begins(path, folder) && path[folder.size()] == '/') {
            path.remove_prefix(folder.size() + 1);
            return path;
        }
    return {};
}

bool is_attribute(std::string_view name) {
    for (const char* const known : attributes)
        if (name == known) return true;
    return false;
}

}  // namespace

DeviceFile device_file(std::string_view given) {
    const Plain plain(given);
    const std::string_view path = plain.view();
    if (begins(path, "/dev/")) {
        if (path == "/dev/fb0" || path == "/dev/fb/0" || path == "/dev/graphics/fb0")
            return DeviceFile::framebuffer;
        return is_terminal(path) ? DeviceFile::terminal : DeviceFile::none;
    }
    if (path == "/proc/fb") return DeviceFile::attribute;
    if (path == link_path) return DeviceFile::link;
    if (path == real_folder) return DeviceFile::folder;
    const std::string_view name = below_folder(path);
    if (!name.data()) return DeviceFile::none;
    if (name == "subsystem") return DeviceFile::link;
    if (name == "device" || name == "device/subsystem") return DeviceFile::elsewhere;
    return is_attribute(name) ? DeviceFile::attribute : DeviceFile::missing;
}

void terminal_name(std::string_view given, char* name, std::size_t size) {
    const Plain plain(given);
    std::string_view path = plain.view();
    const bool older = begins(path, "/dev/vc/");
    if (older) path.remove_prefix(8);
    std::snprintf(name, size, "%s%.*s", older ? "/dev/tty" : "", static_cast<int>(path.size()), path.data());
}

dev_t terminal_device(std::string_view given) {
    char name[32];
    terminal_name(given, name, sizeof name);
    const std::string_view path = name;
    if (path == "/dev/console") return makedev(controlling_major, 1);
    unsigned number = 0;
    for (const char c : path)
        if (c >= '0' && c <= '9') number = number * 10 + static_cast<unsigned>(c - '0');
    return makedev(terminal_major, number);
}

std::string_view link_target(std::string_view given) {
    const Plain plain(given);
    if (plain.view() == link_path) return "../../devices/virtual/graphics/fb0";
    if (below_folder(plain.view()) == "subsystem") return "../../../../class/graphics";
    // Xorg 21.1.13 and later take no framebuffer of which it does not know that it is none of PCI.
    if (below_folder(plain.view()) == "device") return "../../../platform";
    if (below_folder(plain.view()) == "device/subsystem") return "../../bus/platform";
    return {};
}

std::size_t attribute_text(std::string_view given, const FbDevice& device, char* text, std::size_t size) {
    const Plain plain(given);
    const fb_var_screeninfo& var = device.var();
    const fb_fix_screeninfo& fix = device.fix();
    const std::string_view path = plain.view();
    const std::string_view name = path == "/proc/fb" ? path : below_folder(path);
    int length = 0;
    if (name == "/proc/fb")
        length = std::snprintf(text, size, "0 %s\n", fix.id);
    else if (name == "bits_per_pixel")
        length = std::snprintf(text, size, "%u\n", var.bits_per_pixel);
    else if (name == "dev")
        length = std::snprintf(text, size, "%u:%u\n", framebuffer_major, framebuffer_minor);
    else if (name == "mode" || name == "modes")
        length = std::snprintf(text, size, "U:%ux%up-0\n", var.xres, var.yres);
    else if (name == "name")
        length = std::snprintf(text, size, "%s\n", fix.id);
    else if (name == "pan")
        length = std::snprintf(text, size, "%u,%u\n", var.xoffset, var.yoffset);
    else if (name == "rotate" || name == "state")
        length = std::snprintf(text, size, "0\n");
    else if (name == "stride")
        length = std::snprintf(text, size, "%u\n", fix.line_length);
    else if (name == "uevent")
        length = std::snprintf(text, size, "MAJOR=%u\nMINOR=%u\nDEVNAME=fb0\n", framebuffer_major,
                               framebuffer_minor);
    else if (name == "virtual_size")
        length = std::snprintf(text, size, "%u,%u\n", var.xres_virtual, var.yres_virtual);
    if (length <= 0 || size == 0) return 0;
    return static_cast<std::size_t>(length) < size ? static_cast<std::size_t>(length) : size - 1;
}

const char* listed_name(std::string_view folder, std::size_t index) {
    const Plain plain(folder);
    const std::string_view path = plain.view();
    if (has_added_names(path)) return index == 0 ? "fb0" : nullptr;
    if (path != link_path && path != real_folder) return nullptr;
    constexpr std::size_t count = sizeof attributes / sizeof *attributes;
    return index < count ? attributes[index] : index == count ? "subsystem" : nullptr;
}

bool has_added_names(std::string_view folder) {
    const Plain plain(folder);
    return plain.view() == "/dev" || plain.view() == class_folder;
}

bool is_class_folder(std::string_view folder) {
    const Plain plain(folder);
    return plain.view() == class_folder;
}

}  // namespace fbdev
