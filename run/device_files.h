#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "run/fb_device.h"

namespace fbdev {

// The files by which a program finds its framebuffer.
enum class DeviceFile {
    none,         // not ours
    framebuffer,  // /dev/fb0 and its other names
    terminal,     // /dev/tty0, /dev/tty1 and so on, /dev/console, /dev/vc/1: for --vt=fake
    link,         // /sys/class/graphics/fb0, and what it links to
    folder,       // what that is
    elsewhere,    // a link in it to what is the kernel's, to be read and not to be opened
    attribute,    // a text file in it, or /proc/fb
    missing,      // below one of ours, and not there
};

// `path` as a program gives it: absolute, however many slashes it has.
DeviceFile device_file(std::string_view path);

// The name that the kernel has for a terminal: programs try an older one first. At most `size` bytes of it.
void terminal_name(std::string_view path, char* name, std::size_t size);

// The number of the device that has this name of a terminal: /dev/tty7 is 4:7, /dev/console 5:1.
dev_t terminal_device(std::string_view path);

// What readlink(2) says of it; empty: it is no link.
std::string_view link_target(std::string_view path);

// What is in an attribute, at most `size` bytes of it in `text`. Returns its length.
std::size_t attribute_text(std::string_view path, const FbDevice& device, char* text, std::size_t size);

// The names in a folder of ours, and those that are to be added to one of the kernel's: the one at `index`,
// or null after the last.
const char* listed_name(std::string_view folder, std::size_t index);
// /dev, /sys/class/graphics: the kernel's folders, to which names are added.
bool has_added_names(std::string_view folder);
// The second of them.
bool is_class_folder(std::string_view folder);

constexpr unsigned framebuffer_major = 29, framebuffer_minor = 0;
// What a program's own terminal is with --vt=fake.
constexpr const char* own_terminal_name = "/dev/tty1";

}  // namespace fbdev
