// What makes, copies and ends descriptors.
#include <fcntl.h>
#include <stdarg.h>
#include <unistd.h>

#include "run/preload/descriptors.h"
#include "run/preload/explain.h"
#include "run/preload/exported.h"
#include "run/preload/real_calls.h"

using namespace fbdev::preload;

namespace {

// `copy` is a new number for the file of `fd`.
int copied(int fd, int copy) {
    if (copy < 0) return copy;
    if (is_framebuffer(fd))
        note_framebuffer(copy);
    else
        forget_framebuffer(copy);
    return copy;
}

}  // namespace

EXPORTED int close(int fd) {
    if (may_be_framebuffer(fd)) {
        if (is_framebuffer(fd)) EXPLAIN("close(%d)", fd);
        forget_framebuffer(fd);
    }
    return real.close(fd);
}

EXPORTED int dup(int fd) {
    return copied(fd, real.dup(fd));
}

EXPORTED int dup2(int fd, int other) {
    return copied(fd, real.dup2(fd, other));
}

EXPORTED int dup3(int fd, int other, int flags) {
    return copied(fd, real.dup3(fd, other, flags));
}

#define FCNTL(name)                                                                            \
    EXPORTED int name(int fd, int command, ...) {                                              \
        va_list list;                                                                          \
        va_start(list, command);                                                               \
        void* const argument = va_arg(list, void*);                                            \
        va_end(list);                                                                          \
        const int result = real.name(fd, command, argument);                                   \
        return command == F_DUPFD || command == F_DUPFD_CLOEXEC ? copied(fd, result) : result; \
    }
FCNTL(fcntl)
FCNTL(fcntl64)
