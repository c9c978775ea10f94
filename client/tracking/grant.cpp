#include "tracking/grant.h"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace hvfb {

namespace {

#ifndef USERFAULTFD_IOC_NEW
#define USERFAULTFD_IOC_NEW _IO(0xAA, 0x00)
#endif

constexpr unsigned misc_major = 10;

// An ioctl on a device that a program serves (CUSE) would wait for that program. Those of this major are the
// kernel's own, and answer at once to a request that is not theirs.
bool may_be_userfaultfd(const Descriptor& device) {
    struct stat status = {};
    return fstat(device.get(), &status) == 0 && S_ISCHR(status.st_mode) &&
           major(status.st_rdev) == misc_major;
}

}  // namespace

std::optional<Userfault> make_granted(const Descriptor& device, Userfault::Kind kind) {
    if (!may_be_userfaultfd(device)) return std::nullopt;
    const int fd = ioctl(device.get(), USERFAULTFD_IOC_NEW, O_CLOEXEC | O_NONBLOCK);
    // Of another device any number may mean success: only a descriptor that was made as asked is closed here.
    const int flags = fd < 0 ? -1 : fcntl(fd, F_GETFD);
    if (flags < 0 || !(flags & FD_CLOEXEC)) return std::nullopt;
    return Userfault::begin(Descriptor(fd), true, kind);
}

}  // namespace hvfb
