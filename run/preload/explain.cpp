#include "run/preload/explain.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace fbdev::preload {

constinit bool explaining = false;

namespace {

constinit bool has_error_output = false, has_complained = false;
constinit dev_t error_device = 0;
constinit ino_t error_inode = 0;

bool find_error_output(struct stat& status) {
    return syscall(SYS_fstat, STDERR_FILENO, &status) == 0;
}

}  // namespace

void note_error_output() {
    struct stat status;
    has_error_output = find_error_output(status);
    if (!has_error_output) return;
    error_device = status.st_dev;
    error_inode = status.st_ino;
}

void complain(const char* sentence) {
    const int error = errno;
    struct stat status;
    const bool same = has_error_output && find_error_output(status) && status.st_dev == error_device &&
                      status.st_ino == error_inode;
    if (same && !has_complained) {
        has_complained = true;
        char line[384];
        int length = snprintf(line, sizeof line, "hvfb-run: /dev/fb0: %s\n", sentence);
        if (length > static_cast<int>(sizeof line) - 1) length = sizeof line - 1;
        syscall(SYS_write, STDERR_FILENO, line, length);
    }
    errno = error;
}

void explain_line(const char* format, ...) {
    const int error = errno;
    char line[512];
    int length =
        snprintf(line, sizeof line, "[%.64s %d] ", program_invocation_short_name, static_cast<int>(getpid()));
    va_list list;
    va_start(list, format);
    // One byte is left for the end of the line.
    length += vsnprintf(line + length, sizeof line - static_cast<unsigned>(length) - 1, format, list);
    va_end(list);
    if (length > static_cast<int>(sizeof line) - 2) length = sizeof line - 2;
    line[length++] = '\n';
    syscall(SYS_write, STDERR_FILENO, line, length);
    errno = error;
}

}  // namespace fbdev::preload
