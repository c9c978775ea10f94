#pragma once

namespace fbdev::preload {

// True: the path is one of ours, and `fd` is what open(2) returns, with errno.
bool open_ours(const char* call, const char* path, int flags, int& fd);

}  // namespace fbdev::preload
