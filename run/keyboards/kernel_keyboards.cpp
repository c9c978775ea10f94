#include "run/keyboards/kernel_keyboards.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/input.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>

namespace run {
namespace {

constexpr const char* devices_folder = "/dev/input";

using Keys = unsigned char[KEY_MAX / 8 + 1];

bool has(const Keys& keys, unsigned key) {
    return keys[key / 8] >> key % 8 & 1;
}

std::vector<std::string> names_in_folder() {
    std::vector<std::string> paths;
    const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(devices_folder), ::closedir);
    while (const dirent* const entry = folder ? ::readdir(folder.get()) : nullptr)
        if (std::string_view(entry->d_name).starts_with("event"))
            paths.push_back(std::string(devices_folder) + '/' + entry->d_name);
    return paths;
}

}  // namespace

int KernelKeyboards::grab(int device, bool taken) {
    return ::ioctl(device, EVIOCGRAB, taken ? 1 : 0) == 0 ? 0 : errno;
}

bool KernelKeyboards::has_keys_down(int device) {
    Keys keys = {};
    return ::ioctl(device, EVIOCGKEY(sizeof keys), keys) >= 0 &&
           std::ranges::any_of(keys, [](unsigned char byte) { return byte != 0; });
}

bool KernelKeyboards::is_keyboard(int device) {
    Keys keys = {};
    if (::ioctl(device, EVIOCGBIT(EV_KEY, sizeof keys), keys) < 0) return false;
    for (unsigned key = KEY_1; key <= KEY_SPACE; ++key)
        if (has(keys, key)) return true;
    return has(keys, KEY_KPENTER);
}

HeldKeyboards::Device KernelKeyboards::number_of(int device) {
    struct stat status {};
    return ::fstat(device, &status) == 0 ? status.st_rdev : 0;
}

KernelKeyboards::Found KernelKeyboards::open(const std::string& path) {
    Found found{path, hvfbd::Descriptor(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)), 0};
    if (!found.descriptor)
        found.error = errno;
    else if (!is_keyboard(found.descriptor.get()))
        found.descriptor.reset();
    return found;
}

std::vector<KernelKeyboards::Found> KernelKeyboards::all() {
    std::vector<Found> all;
    for (const std::string& path : names_in_folder()) {
        Found found = open(path);
        if (found.descriptor || found.error != 0) all.push_back(std::move(found));
    }
    return all;
}

WatchedDevices::WatchedDevices() : watch_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
    // The first keyboard makes the folder.
    above_ = ::inotify_add_watch(watch_.get(), "/dev", IN_CREATE | IN_ONLYDIR);
    watch_folder();
}

void WatchedDevices::watch_folder() {
    // Made for root alone; then udev gives it its group.
    folder_ = ::inotify_add_watch(watch_.get(), devices_folder, IN_CREATE | IN_ATTRIB | IN_ONLYDIR);
}

std::vector<std::string> WatchedDevices::appeared() {
    std::vector<std::string> paths;
    alignas(inotify_event) char events[4096];
    ssize_t length = 0;
    while ((length = ::read(watch_.get(), events, sizeof events)) > 0)
        for (const char* at = events; at < events + length;) {
            inotify_event event;
            std::memcpy(&event, at, sizeof event);
            const std::string_view name = event.len > 0 ? at + sizeof event : "";
            at += sizeof event + event.len;
            if (event.mask & IN_Q_OVERFLOW || (event.wd == above_ && name == "input")) {
                watch_folder();
                const std::vector<std::string> all = names_in_folder();
                paths.insert(paths.end(), all.begin(), all.end());
            } else if (event.wd == folder_ && name.starts_with("event")) {
                paths.push_back(std::string(devices_folder) + '/' + std::string(name));
            }
        }
    return paths;
}

}  // namespace run
