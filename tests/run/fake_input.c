// /dev/input of a folder, $FAKE_INPUT, whose files are devices: what is in a file is what it is, "keyboard"
// or "mouse". To be preloaded. Who takes a device has a lock of its file, which the kernel gives back as it
// does a device: when the last copy of the descriptor is closed.
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/input.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/types.h>
#include <unistd.h>

static const char* place(const char* path, char* memory, size_t size) {
    const char* folder = getenv("FAKE_INPUT");
    if (!path || !folder || strncmp(path, "/dev/input", 10) != 0) return path;
    snprintf(memory, size, "%s%s", folder, path + 10);
    return memory;
}

static int leads_to_fake(const char* link) {
    char target[512];
    const char* folder = getenv("FAKE_INPUT");
    ssize_t length = readlink(link, target, sizeof target - 1);
    return folder && length > 0 && strncmp(target, folder, strlen(folder)) == 0;
}

static int is_fake(int fd) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    return leads_to_fake(link);
}

#define OPEN(name)                                                                \
    int name(const char* path, int flags, ...) {                                  \
        char memory[512];                                                         \
        va_list list;                                                             \
        va_start(list, flags);                                                    \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0;   \
        va_end(list);                                                             \
        return openat(AT_FDCWD, place(path, memory, sizeof memory), flags, mode); \
    }
OPEN(open)
OPEN(open64)

DIR* opendir(const char* path) {
    char memory[512];
    DIR* (*next)(const char*) = (DIR * (*)(const char*)) dlsym(RTLD_NEXT, "opendir");
    return next(place(path, memory, sizeof memory));
}

int inotify_add_watch(int fd, const char* path, uint32_t mask) {
    char memory[512];
    int (*next)(int, const char*, uint32_t) =
        (int (*)(int, const char*, uint32_t))dlsym(RTLD_NEXT, "inotify_add_watch");
    return next(fd, place(path, memory, sizeof memory), mask);
}

int fstat(int fd, struct stat* status) {
    int (*next)(int, struct stat*) = (int (*)(int, struct stat*))dlsym(RTLD_NEXT, "fstat");
    int result = next(fd, status);
    if (result == 0 && is_fake(fd)) status->st_rdev = makedev(13, status->st_ino);
    return result;
}

// Of another process's descriptor.
int stat(const char* path, struct stat* status) {
    int (*next)(const char*, struct stat*) = (int (*)(const char*, struct stat*))dlsym(RTLD_NEXT, "stat");
    int result = next(path, status);
    if (result == 0 && strncmp(path, "/proc/", 6) == 0 && leads_to_fake(path))
        status->st_mode = S_IFCHR, status->st_rdev = makedev(13, 64);
    return result;
}

int stat64(const char* path, struct stat64* status) {
    return stat(path, (struct stat*)status);
}

int fstat64(int fd, struct stat64* status) {
    return fstat(fd, (struct stat*)status);
}

int ioctl(int fd, unsigned long request, ...) {
    va_list list;
    va_start(list, request);
    void* argument = va_arg(list, void*);
    va_end(list);
    if (_IOC_TYPE(request) == 'E' && is_fake(fd)) {
        char kind[16] = "";
        pread(fd, kind, sizeof kind - 1, 0);
        if (request == EVIOCGVERSION) return *(int*)argument = EV_VERSION, 0;
        if (request == EVIOCGRAB) {
            if (flock(fd, argument ? LOCK_EX | LOCK_NB : LOCK_UN) == 0) return 0;
            errno = EBUSY;
            return -1;
        }
        memset(argument, 0, _IOC_SIZE(request));
        if (_IOC_NR(request) == 0x20 + EV_KEY && strncmp(kind, "keyboard", 8) == 0)
            memset(argument, 0xff, KEY_MICMUTE / 8);
        if (_IOC_NR(request) == 0x20 + EV_KEY && strncmp(kind, "power", 5) == 0)
            ((char*)argument)[KEY_POWER / 8] = 1 << KEY_POWER % 8;
        return 0;
    }
    int (*next)(int, unsigned long, void*) = (int (*)(int, unsigned long, void*))dlsym(RTLD_NEXT, "ioctl");
    return next(fd, request, argument);
}
