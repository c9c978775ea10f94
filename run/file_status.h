#pragma once

#include <sys/stat.h>

#include <cstdint>

#include "run/device_files.h"

namespace fbdev {

// 0: the file has no status of ours.
mode_t mode_of(DeviceFile file, bool follow_links);

// struct stat64 of i386.
struct __attribute__((packed)) NarrowStatus {
    std::uint64_t device;
    std::uint32_t unused0, short_inode, mode, links, user, group;
    std::uint64_t special_device;
    std::uint32_t unused1;
    std::uint64_t size;
    std::uint32_t block;
    std::uint64_t blocks;
    std::uint32_t times[6];
    std::uint64_t inode;
};
static_assert(sizeof(NarrowStatus) == 96);

// Of this user, who finds that he may.
void fill_status(struct stat& status, mode_t mode, uid_t user, gid_t group);
void fill_status(NarrowStatus& status, mode_t mode, uid_t user, gid_t group);
void fill_status(struct statx& status, mode_t mode, uid_t user, gid_t group);

// What the kernel said of a file, in the structure that the program gave.
inline void fill_status(struct stat& status, const struct stat& said) {
    status = said;
}
void fill_status(NarrowStatus& status, const struct stat& said);
void fill_status(struct statx& status, const struct stat& said);

// access(2): 0 or an errno.
int access_error(DeviceFile file, int mode);

}  // namespace fbdev
