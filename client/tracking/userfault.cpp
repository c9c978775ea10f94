#include "tracking/userfault.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "common/write_tracking.h"

namespace hvfb {

namespace {

// The headers of Debian 12 are older.
#ifndef USERFAULTFD_IOC_NEW
#define USERFAULTFD_IOC_NEW _IO(0xAA, 0x00)
#endif

std::uint64_t features(Userfault::Kind kind) {
    if (kind == Userfault::Kind::synchronous)
        return UFFD_FEATURE_PAGEFAULT_FLAG_WP | UFFD_FEATURE_WP_HUGETLBFS_SHMEM;
    return common::asynchronous_features;
}

int open_full() {
    const long fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
    if (fd >= 0) return static_cast<int>(fd);
    const Descriptor device(open("/dev/userfaultfd", O_RDWR | O_CLOEXEC));
    return device ? ioctl(device.get(), USERFAULTFD_IOC_NEW, O_CLOEXEC | O_NONBLOCK) : -1;
}

uffdio_range range(Memory memory) {
    return {.start = reinterpret_cast<std::uintptr_t>(memory.address), .len = memory.size};
}

}  // namespace

std::optional<Userfault> Userfault::make(Kind kind, TrackingRefused& refused) {
    Descriptor descriptor(open_full());
    const bool serves_kernel = static_cast<bool>(descriptor);
    refused = {};
    if (!descriptor) {
        refused = {.of = TrackingRefused::Of::kernel_mode, .error = errno};
        descriptor = Descriptor(
            static_cast<int>(syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY)));
    }
    if (!descriptor) {
        refused = {.of = TrackingRefused::Of::userfaultfd, .error = errno};
        return std::nullopt;
    }
    auto made = begin(static_cast<Descriptor&&>(descriptor), serves_kernel, kind);
    if (!made) refused = {.of = TrackingRefused::Of::features, .error = errno};
    return made;
}

std::optional<Userfault> Userfault::begin(Descriptor descriptor, bool serves_kernel, Kind kind) {
    uffdio_api api = {.api = UFFD_API, .features = features(kind), .ioctls = 0};
    if (ioctl(descriptor.get(), UFFDIO_API, &api) < 0) return std::nullopt;
    return Userfault(static_cast<Descriptor&&>(descriptor), serves_kernel);
}

int Userfault::control(unsigned long request, void* argument) const {
    // The program may have closed it, and use userfaultfds of its own.
    if (!descriptor_.ours()) return -EBADF;
    const int result = ioctl(descriptor_.get(), request, argument);
    // None of them answers anything else: somebody else answered instead of the kernel.
    return result < 0 ? -errno : result > 0 ? -EPROTO : 0;
}

int Userfault::watch(Memory memory) const {
    uffdio_register request = {.range = range(memory), .mode = UFFDIO_REGISTER_MODE_WP, .ioctls = 0};
    return control(UFFDIO_REGISTER, &request);
}

int Userfault::unwatch(Memory memory) const {
    uffdio_range request = range(memory);
    const int result = control(UFFDIO_UNREGISTER, &request);
    // Unregistering does not wake who waits for write-protection; and after it nobody can begin to wait.
    const int woken = control(UFFDIO_WAKE, &request);
    std::array<std::uintptr_t, faults_at_once> stale;
    int read = 0;
    do read = read_faults(stale);
    while (read > 0);
    return result < 0 ? result : woken < 0 ? woken : read;
}

int Userfault::write_protect(Memory memory, std::uint64_t mode) const {
    uffdio_writeprotect request = {.range = range(memory), .mode = mode};
    // EAGAIN: the mappings are just being changed, by another thread.
    for (int tries = 0;; ++tries) {
        const int result = control(UFFDIO_WRITEPROTECT, &request);
        if ((result != -EAGAIN && result != -EINTR) || tries == 1000) return result;
    }
}

int Userfault::protect(Memory memory) const {
    return write_protect(memory, UFFDIO_WRITEPROTECT_MODE_WP);
}

int Userfault::unprotect(Memory memory) const {
    return write_protect(memory, 0);
}

int Userfault::read_faults(std::span<std::uintptr_t, faults_at_once> room) const {
    if (!descriptor_.ours()) return -EBADF;
    std::array<uffd_msg, faults_at_once> messages;
    const ssize_t length = read(descriptor_.get(), messages.data(), sizeof messages);
    if (length < 0) return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    int count = 0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(length) / sizeof(uffd_msg); ++i) {
        if (messages[i].event != UFFD_EVENT_PAGEFAULT) return -EPROTO;
        room[static_cast<std::size_t>(count++)] =
            static_cast<std::uintptr_t>(messages[i].arg.pagefault.address);
    }
    return count == 0 ? -EIO : count;
}

}  // namespace hvfb
