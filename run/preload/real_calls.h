#pragma once

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>

namespace fbdev::preload {

// The functions that ours stand before: the next library's, which may be another wrapper's. Before they were
// looked up (malloc of others may call open(2) before any constructor ran, and dlsym(3) may call malloc) each
// is the bare system call.
struct RealCalls {
    int (*open)(const char*, int, ...);
    int (*open64)(const char*, int, ...);
    int (*openat)(int, const char*, int, ...);
    int (*openat64)(int, const char*, int, ...);
    int (*close)(int);
    int (*dup)(int);
    int (*dup2)(int, int);
    int (*dup3)(int, int, int);
    int (*fcntl)(int, int, ...);
    int (*fcntl64)(int, int, ...);
    int (*ioctl)(int, unsigned long, ...);
    void* (*mmap)(void*, size_t, int, int, int, off_t);
    int (*munmap)(void*, size_t);
    void* (*mremap)(void*, size_t, size_t, int, ...);
    ssize_t (*read)(int, void*, size_t);
    ssize_t (*write)(int, const void*, size_t);
    ssize_t (*pread)(int, void*, size_t, off_t);
    ssize_t (*pwrite)(int, const void*, size_t, off_t);
    ssize_t (*readv)(int, const iovec*, int);
    ssize_t (*writev)(int, const iovec*, int);
    ssize_t (*preadv)(int, const iovec*, int, off_t);
    ssize_t (*pwritev)(int, const iovec*, int, off_t);
    off_t (*lseek)(int, off_t, int);
    int (*ftruncate)(int, off_t);
    int (*fallocate)(int, int, off_t, off_t);
    int (*posix_fallocate)(int, off_t, off_t);
    ssize_t (*sendfile)(int, int, off_t*, size_t);
    ssize_t (*copy_file_range)(int, off_t*, int, off_t*, size_t, unsigned);
    int (*stat)(const char*, struct stat*);
    int (*lstat)(const char*, struct stat*);
    int (*fstat)(int, struct stat*);
    int (*fstatat)(int, const char*, struct stat*, int);
    int (*statx)(int, const char*, int, unsigned, struct statx*);
    int (*access)(const char*, int);
    int (*faccessat)(int, const char*, int, int);
    ssize_t (*readlink)(const char*, char*, size_t);
    ssize_t (*readlinkat)(int, const char*, char*, size_t);
    // Never called before they are looked up: null until then.
    char* (*ttyname)(int);
    int (*ttyname_r)(int, char*, size_t);
    FILE* (*fopen)(const char*, const char*);
    FILE* (*fopen64)(const char*, const char*);
    FILE* (*fdopen)(int, const char*);
    DIR* (*opendir)(const char*);
    dirent* (*readdir)(DIR*);
    int (*closedir)(DIR*);
    void (*rewinddir)(DIR*);
};

extern RealCalls real;

// Of a function whose pointer may not have been looked up yet.
void look_up_real_calls();

}  // namespace fbdev::preload
