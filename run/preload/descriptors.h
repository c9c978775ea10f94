#pragma once

namespace fbdev::preload {

// Which descriptors of this process may be a framebuffer: a hint, which costs one look. Programs close, copy
// and hand on descriptors in ways that are not seen here, so that a set bit is checked against the kernel.
bool may_be_framebuffer(int fd);
// The kernel's word: a memfd of ours, whoever made it.
bool is_marked(int fd);
inline bool is_framebuffer(int fd);

void note_framebuffer(int fd);
// After close(2) and where another file took its number.
void forget_framebuffer(int fd);
bool any_framebuffer();

// After fork(2), in the child: it closes its own.
void descriptors_of_child();

// Those that a program has from the one before exec: it finds them here.
void find_inherited();

// A new descriptor with the lowest free number. It holds nothing yet. A negative errno.
int reserve_descriptor();
// Makes of it a framebuffer's: only its position is used, and nothing can be written to it in a way that is
// not seen here. Flags as open(2) takes them. 0 or a negative errno.
int become_framebuffer(int fd, int flags);
// Makes of it one from which `text` is read. 0 or a negative errno.
int become_text(int fd, int flags, const char* text, unsigned long size);

bool is_marked_and_noted(int fd);
inline bool is_framebuffer(int fd) {
    return may_be_framebuffer(fd) && is_marked_and_noted(fd);
}

}  // namespace fbdev::preload
