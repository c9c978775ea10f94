// fopen(3) and fdopen(3): a stream reads and writes inside the C library, where read(2) of here is not
// called.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cstdint>

#include "run/preload/descriptors.h"
#include "run/preload/exported.h"
#include "run/preload/open.h"
#include "run/preload/paths.h"
#include "run/preload/real_calls.h"
#include "run/preload/transfer.h"

namespace fbdev::preload {
namespace {

int descriptor_of(void* cookie) {
    return static_cast<int>(reinterpret_cast<std::intptr_t>(cookie));
}

ssize_t read_stream(void* cookie, char* to, size_t size) {
    return read_framebuffer(descriptor_of(cookie), to, size);
}

ssize_t write_stream(void* cookie, const char* from, size_t size) {
    const ssize_t written = write_framebuffer(descriptor_of(cookie), from, size);
    return written < 0 ? 0 : written;
}

int seek_stream(void* cookie, off64_t* offset, int from) {
    const off_t position = seek_framebuffer(descriptor_of(cookie), *offset, from);
    if (position < 0) return -1;
    *offset = position;
    return 0;
}

int close_stream(void* cookie) {
    return close(descriptor_of(cookie));
}

// -1: it makes no sense.
int flags_of(const char* mode) {
    int flags = mode[0] == 'r' ? O_RDONLY : mode[0] == 'w' || mode[0] == 'a' ? O_WRONLY : -1;
    if (flags < 0) return -1;
    for (const char* at = mode + 1; *at && *at != ','; ++at) {
        if (*at == '+') flags = (flags & ~O_ACCMODE) | O_RDWR;
        if (*at == 'e') flags |= O_CLOEXEC;
    }
    return flags;
}

FILE* stream_of(int fd, const char* mode) {
    const cookie_io_functions_t functions{read_stream, write_stream, seek_stream, close_stream};
    FILE* const stream =
        fopencookie(reinterpret_cast<void*>(static_cast<std::intptr_t>(fd)), mode, functions);
    // For fileno(3), by which programs map what they opened as a stream. Nothing else looks at it there.
    if (stream) stream->_fileno = fd;
    return stream;
}

FILE* open_stream(const char* call, const char* path, const char* mode, bool& ours) {
    const DeviceFile file = file_of(path);
    ours = mode &&
           (file == DeviceFile::framebuffer || file == DeviceFile::attribute || file == DeviceFile::missing);
    if (!ours) return nullptr;
    const int flags = flags_of(mode);
    if (flags < 0) {
        errno = EINVAL;
        return nullptr;
    }
    int fd = -1;
    if (!open_ours(call, path, flags, fd) || fd < 0) return nullptr;
    FILE* const stream = file == DeviceFile::framebuffer ? stream_of(fd, mode) : real.fdopen(fd, mode);
    if (!stream) {
        const int error = errno;
        close(fd);
        errno = error;
    }
    return stream;
}

void look_up_streams() {
    if (!real.fopen) look_up_real_calls();
}

}  // namespace
}  // namespace fbdev::preload

using namespace fbdev::preload;

EXPORTED FILE* fopen(const char* path, const char* mode) {
    look_up_streams();
    bool ours;
    FILE* const stream = open_stream("fopen", path, mode, ours);
    return ours ? stream : real.fopen(path, mode);
}

EXPORTED FILE* fopen64(const char* path, const char* mode) {
    look_up_streams();
    bool ours;
    FILE* const stream = open_stream("fopen64", path, mode, ours);
    return ours ? stream : real.fopen64(path, mode);
}

EXPORTED FILE* fdopen(int fd, const char* mode) {
    look_up_streams();
    return is_framebuffer(fd) && mode && flags_of(mode) >= 0 ? stream_of(fd, mode) : real.fdopen(fd, mode);
}
