#pragma once

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

// To be called before anything is opened. Where a program was started with standard descriptors closed, what
// it opens first would be standard output, and what it prints would go into a socket or a device. They are
// opened the other way round: what is printed is still an error.
inline void hold_standard_descriptors() {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
        if (fcntl(fd, F_GETFD) >= 0) continue;
        // The lowest number that is free is this one.
        if (open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0) (void)eventfd(0, 0);
    }
}
