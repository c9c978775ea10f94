#pragma once

#include <sys/types.h>

namespace fbdev::preload {

// On a descriptor that is a framebuffer's.
ssize_t read_framebuffer(int fd, void* to, size_t size);
ssize_t write_framebuffer(int fd, const void* from, size_t size);
off_t seek_framebuffer(int fd, off_t offset, int from);

}  // namespace fbdev::preload
