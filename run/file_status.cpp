#include "run/file_status.h"

#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace fbdev {
namespace {

constexpr ino_t status_inode = 29;
constexpr long status_block = 4096;

}  // namespace

mode_t mode_of(DeviceFile file, bool follow_links) {
    switch (file) {
        case DeviceFile::framebuffer:
            return S_IFCHR | 0660;
        case DeviceFile::attribute:
            return S_IFREG | 0444;
        case DeviceFile::folder:
            return S_IFDIR | 0755;
        case DeviceFile::link:
        case DeviceFile::elsewhere:
            return follow_links ? S_IFDIR | 0755 : S_IFLNK | 0777;
        default:
            return 0;
    }
}

void fill_status(struct stat& status, mode_t mode, uid_t user, gid_t group) {
    std::memset(&status, 0, sizeof status);
    status.st_mode = mode;
    status.st_ino = status_inode;
    status.st_nlink = 1;
    status.st_uid = user;
    status.st_gid = group;
    status.st_blksize = status_block;
    if (S_ISCHR(mode)) status.st_rdev = makedev(framebuffer_major, framebuffer_minor);
    if (S_ISREG(mode)) status.st_size = status_block;
}

void fill_status(NarrowStatus& status, mode_t mode, uid_t user, gid_t group) {
    std::memset(&status, 0, sizeof status);
    status.mode = mode;
    status.inode = status.short_inode = status_inode;
    status.links = 1;
    status.user = user;
    status.group = group;
    status.block = status_block;
    if (S_ISCHR(mode)) status.special_device = makedev(framebuffer_major, framebuffer_minor);
    if (S_ISREG(mode)) status.size = status_block;
}

void fill_status(struct statx& status, mode_t mode, uid_t user, gid_t group) {
    std::memset(&status, 0, sizeof status);
    status.stx_mask = STATX_BASIC_STATS;
    status.stx_mode = static_cast<__u16>(mode);
    status.stx_ino = status_inode;
    status.stx_nlink = 1;
    status.stx_uid = user;
    status.stx_gid = group;
    status.stx_blksize = status_block;
    status.stx_size = S_ISREG(mode) ? status_block : 0;
    status.stx_rdev_major = S_ISCHR(mode) ? framebuffer_major : 0;
    status.stx_rdev_minor = framebuffer_minor;
}

void fill_status(NarrowStatus& status, const struct stat& said) {
    fill_status(status, said.st_mode, said.st_uid, said.st_gid);
    status.device = said.st_dev;
    status.inode = said.st_ino;
    status.short_inode = static_cast<std::uint32_t>(said.st_ino);
    status.special_device = said.st_rdev;
}

void fill_status(struct statx& status, const struct stat& said) {
    fill_status(status, said.st_mode, said.st_uid, said.st_gid);
    status.stx_dev_major = major(said.st_dev);
    status.stx_dev_minor = minor(said.st_dev);
    status.stx_ino = said.st_ino;
    status.stx_rdev_major = major(said.st_rdev);
    status.stx_rdev_minor = minor(said.st_rdev);
}

int access_error(DeviceFile file, int mode) {
    if (file == DeviceFile::missing) return ENOENT;
    const bool folder =
        file == DeviceFile::folder || file == DeviceFile::link || file == DeviceFile::elsewhere;
    const bool device = file == DeviceFile::framebuffer || file == DeviceFile::terminal;
    return ((mode & W_OK) && !device) || ((mode & X_OK) && !folder) ? EACCES : 0;
}

}  // namespace fbdev
