#pragma once

#include <sys/stat.h>
#include <sys/types.h>

namespace fbdev::preload {

// With --vt=fake the terminal that the program was started on, and one at which nobody types, have the name
// and the number of a virtual terminal: programs look at them before they draw.

// `path`: the one that it was started on; null: none. When the program starts.
void set_own_terminal(const char* path);
// A descriptor of one at which nobody types.
void note_lone_terminal(int fd);

// After a call that succeeded.
void renumber_terminal(struct stat& status);
void renumber_terminal(struct statx& status);
// open(2) of it; -1: there is none, or it cannot be.
int open_own_terminal(int flags);
// Of a path of DeviceFile::terminal. False: there is none of the program's, and the kernel is to answer.
bool own_terminal_status(const char* path, struct stat& status);
// What a link to a descriptor says, `length` bytes of `size` that there is room for. The length after that.
ssize_t rename_terminal(char* link, ssize_t length, size_t size);

}  // namespace fbdev::preload
