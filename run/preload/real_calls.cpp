#include "run/preload/real_calls.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace fbdev::preload {
namespace {

// ---- the bare system calls, on machines of 64 bits

int as_int(long result) {
    return static_cast<int>(result);
}

int raw_open(const char* path, int flags, ...) {
    va_list list;
    va_start(list, flags);
    const mode_t mode = va_arg(list, mode_t);
    va_end(list);
    return as_int(syscall(SYS_openat, AT_FDCWD, path, flags, mode));
}
int raw_openat(int folder, const char* path, int flags, ...) {
    va_list list;
    va_start(list, flags);
    const mode_t mode = va_arg(list, mode_t);
    va_end(list);
    return as_int(syscall(SYS_openat, folder, path, flags, mode));
}
int raw_close(int fd) {
    return as_int(syscall(SYS_close, fd));
}
int raw_dup(int fd) {
    return as_int(syscall(SYS_dup, fd));
}
int raw_dup3(int fd, int other, int flags) {
    return as_int(syscall(SYS_dup3, fd, other, flags));
}
int raw_dup2(int fd, int other) {
    // Machines that came later have no dup2.
    if (fd == other) return as_int(syscall(SYS_fcntl, fd, F_GETFD)) < 0 ? -1 : fd;
    return raw_dup3(fd, other, 0);
}
int raw_fcntl(int fd, int command, ...) {
    va_list list;
    va_start(list, command);
    void* const argument = va_arg(list, void*);
    va_end(list);
    return as_int(syscall(SYS_fcntl, fd, command, argument));
}
int raw_ioctl(int fd, unsigned long request, ...) {
    va_list list;
    va_start(list, request);
    void* const argument = va_arg(list, void*);
    va_end(list);
    return as_int(syscall(SYS_ioctl, fd, request, argument));
}
void* raw_mmap(void* address, size_t size, int protection, int flags, int fd, off_t offset) {
    return reinterpret_cast<void*>(syscall(SYS_mmap, address, size, protection, flags, fd, offset));
}
int raw_munmap(void* address, size_t size) {
    return as_int(syscall(SYS_munmap, address, size));
}
void* raw_mremap(void* address, size_t size, size_t wanted, int flags, ...) {
    va_list list;
    va_start(list, flags);
    void* const to = va_arg(list, void*);
    va_end(list);
    return reinterpret_cast<void*>(syscall(SYS_mremap, address, size, wanted, flags, to));
}
ssize_t raw_read(int fd, void* to, size_t size) {
    return syscall(SYS_read, fd, to, size);
}
ssize_t raw_write(int fd, const void* from, size_t size) {
    return syscall(SYS_write, fd, from, size);
}
ssize_t raw_pread(int fd, void* to, size_t size, off_t offset) {
    return syscall(SYS_pread64, fd, to, size, offset);
}
ssize_t raw_pwrite(int fd, const void* from, size_t size, off_t offset) {
    return syscall(SYS_pwrite64, fd, from, size, offset);
}
ssize_t raw_readv(int fd, const iovec* to, int count) {
    return syscall(SYS_readv, fd, to, count);
}
ssize_t raw_writev(int fd, const iovec* from, int count) {
    return syscall(SYS_writev, fd, from, count);
}
ssize_t raw_preadv(int fd, const iovec* to, int count, off_t offset) {
    return syscall(SYS_preadv, fd, to, count, offset, 0L);
}
ssize_t raw_pwritev(int fd, const iovec* from, int count, off_t offset) {
    return syscall(SYS_pwritev, fd, from, count, offset, 0L);
}
off_t raw_lseek(int fd, off_t offset, int from) {
    return syscall(SYS_lseek, fd, offset, from);
}
int raw_ftruncate(int fd, off_t size) {
    return as_int(syscall(SYS_ftruncate, fd, size));
}
int raw_fallocate(int fd, int mode, off_t offset, off_t size) {
    return as_int(syscall(SYS_fallocate, fd, mode, offset, size));
}
int raw_posix_fallocate(int fd, off_t offset, off_t size) {
    const int before = errno;
    const int result = raw_fallocate(fd, 0, offset, size) == 0 ? 0 : errno;
    errno = before;
    return result;
}
ssize_t raw_sendfile(int to, int from, off_t* offset, size_t size) {
    return syscall(SYS_sendfile, to, from, offset, size);
}
ssize_t raw_copy_file_range(int from, off_t* from_offset, int to, off_t* to_offset, size_t size,
                            unsigned flags) {
    return syscall(SYS_copy_file_range, from, from_offset, to, to_offset, size, flags);
}
int raw_fstatat(int folder, const char* path, struct stat* status, int flags) {
    return as_int(syscall(SYS_newfstatat, folder, path, status, flags));
}
int raw_stat(const char* path, struct stat* status) {
    return raw_fstatat(AT_FDCWD, path, status, 0);
}
int raw_lstat(const char* path, struct stat* status) {
    return raw_fstatat(AT_FDCWD, path, status, AT_SYMLINK_NOFOLLOW);
}
int raw_fstat(int fd, struct stat* status) {
    return as_int(syscall(SYS_fstat, fd, status));
}
int raw_statx(int folder, const char* path, int flags, unsigned mask, struct statx* status) {
    return as_int(syscall(SYS_statx, folder, path, flags, mask, status));
}
int raw_faccessat(int folder, const char* path, int mode, int) {
    return as_int(syscall(SYS_faccessat, folder, path, mode));
}
int raw_access(const char* path, int mode) {
    return raw_faccessat(AT_FDCWD, path, mode, 0);
}
ssize_t raw_readlinkat(int folder, const char* path, char* to, size_t size) {
    return syscall(SYS_readlinkat, folder, path, to, size);
}
ssize_t raw_readlink(const char* path, char* to, size_t size) {
    return raw_readlinkat(AT_FDCWD, path, to, size);
}

template <typename Function>
void look_up(Function& function, const char* name) {
    if (void* const found = dlsym(RTLD_NEXT, name)) function = reinterpret_cast<Function>(found);
}

}  // namespace

constinit RealCalls real = {
    .open = raw_open,
    .open64 = raw_open,
    .openat = raw_openat,
    .openat64 = raw_openat,
    .close = raw_close,
    .dup = raw_dup,
    .dup2 = raw_dup2,
    .dup3 = raw_dup3,
    .fcntl = raw_fcntl,
    .fcntl64 = raw_fcntl,
    .ioctl = raw_ioctl,
    .mmap = raw_mmap,
    .munmap = raw_munmap,
    .mremap = raw_mremap,
    .read = raw_read,
    .write = raw_write,
    .pread = raw_pread,
    .pwrite = raw_pwrite,
    .readv = raw_readv,
    .writev = raw_writev,
    .preadv = raw_preadv,
    .pwritev = raw_pwritev,
    .lseek = raw_lseek,
    .ftruncate = raw_ftruncate,
    .fallocate = raw_fallocate,
    .posix_fallocate = raw_posix_fallocate,
    .sendfile = raw_sendfile,
    .copy_file_range = raw_copy_file_range,
    .stat = raw_stat,
    .lstat = raw_lstat,
    .fstat = raw_fstat,
    .fstatat = raw_fstatat,
    .statx = raw_statx,
    .access = raw_access,
    .faccessat = raw_faccessat,
    .readlink = raw_readlink,
    .readlinkat = raw_readlinkat,
    .ttyname = nullptr,
    .ttyname_r = nullptr,
    .fopen = nullptr,
    .fopen64 = nullptr,
    .fdopen = nullptr,
    .opendir = nullptr,
    .readdir = nullptr,
    .closedir = nullptr,
    .rewinddir = nullptr,
};

void look_up_real_calls() {
#define LOOK_UP(name) look_up(real.name, #name)
    LOOK_UP(open);
    LOOK_UP(open64);
    LOOK_UP(openat);
    LOOK_UP(openat64);
    LOOK_UP(close);
    LOOK_UP(dup);
    LOOK_UP(dup2);
    LOOK_UP(dup3);
    LOOK_UP(fcntl);
    LOOK_UP(fcntl64);
    LOOK_UP(ioctl);
    LOOK_UP(mmap);
    LOOK_UP(munmap);
    LOOK_UP(mremap);
    LOOK_UP(read);
    LOOK_UP(write);
    LOOK_UP(pread);
    LOOK_UP(pwrite);
    LOOK_UP(readv);
    LOOK_UP(writev);
    LOOK_UP(preadv);
    LOOK_UP(pwritev);
    LOOK_UP(lseek);
    LOOK_UP(ftruncate);
    LOOK_UP(fallocate);
    LOOK_UP(posix_fallocate);
    LOOK_UP(sendfile);
    LOOK_UP(copy_file_range);
    // Since glibc 2.33 these are functions; before, only __xstat and its kin were, and the bare calls stay.
    LOOK_UP(stat);
    LOOK_UP(lstat);
    LOOK_UP(fstat);
    LOOK_UP(fstatat);
    LOOK_UP(statx);
    LOOK_UP(access);
    LOOK_UP(faccessat);
    LOOK_UP(readlink);
    LOOK_UP(readlinkat);
    LOOK_UP(ttyname);
    LOOK_UP(ttyname_r);
    LOOK_UP(fopen);
    LOOK_UP(fopen64);
    LOOK_UP(fdopen);
    LOOK_UP(opendir);
    LOOK_UP(readdir);
    LOOK_UP(closedir);
    LOOK_UP(rewinddir);
#undef LOOK_UP
}

}  // namespace fbdev::preload
