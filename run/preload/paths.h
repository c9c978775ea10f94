#pragma once

#include "run/device_files.h"

namespace fbdev::preload {

// Which of our files a program names. One look at most for those of others.
inline DeviceFile file_of(const char* path) {
    // /dev, /sys, /proc.
    if (!path || path[0] != '/') return DeviceFile::none;
    const char first = path[1];
    if (__builtin_expect(first != 'd' && first != 's' && first != 'p' && first != '/', 1))
        return DeviceFile::none;
    return device_file(path);
}

// Of a path that is relative to a folder.
inline DeviceFile file_at(int, const char* path) {
    return file_of(path);
}

}  // namespace fbdev::preload
