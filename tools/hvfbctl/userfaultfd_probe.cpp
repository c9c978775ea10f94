#include "userfaultfd_probe.h"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace hvfbctl {

namespace {

// Debian 12's headers are older than these.
constexpr std::uint64_t feature_memfd = 1ULL << 12;
constexpr std::uint64_t feature_unpopulated = 1ULL << 13;
constexpr std::uint64_t feature_async = 1ULL << 15;

struct ScanArguments {
    std::uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
    std::uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};
constexpr unsigned long pagemap_scan = _IOWR('f', 16, ScanArguments);
constexpr std::uint64_t page_is_present = 1ULL << 3;

// The errno of opening; on success 0, and the kernel's features are added to `features`.
int look_at(int descriptor, std::uint64_t& features) {
    if (descriptor < 0) return errno;
    uffdio_api api = {};
    api.api = UFFD_API;
    const int error = ioctl(descriptor, UFFDIO_API, &api) == 0 ? 0 : errno;
    if (error == 0) features |= api.features;
    close(descriptor);
    return error;
}

int open_system_call(int flags) {
    return static_cast<int>(syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | flags));
}

int open_device() {
    const int device = open("/dev/userfaultfd", O_RDWR | O_CLOEXEC);
    if (device < 0) return -1;
    const int descriptor = ioctl(device, USERFAULTFD_IOC_NEW, O_CLOEXEC | O_NONBLOCK);
    const int error = errno;
    close(device);
    errno = error;
    return descriptor;
}

bool can_scan_pages() {
    const int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    if (pagemap < 0) return false;
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    void* const memory = mmap(nullptr, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    bool works = false;
    if (memory != MAP_FAILED) {
        ScanArguments scan = {};
        scan.size = sizeof scan;
        scan.start = reinterpret_cast<std::uintptr_t>(memory);
        scan.end = scan.start + page;
        scan.category_mask = page_is_present;
        scan.return_mask = page_is_present;
        works = ioctl(pagemap, pagemap_scan, &scan) >= 0;
        munmap(memory, page);
    }
    close(pagemap);
    return works;
}

}  // namespace

UserfaultfdAbilities probe_userfaultfd() {
    UserfaultfdAbilities abilities;
    std::uint64_t features = 0;
    abilities.system_call_errno = look_at(open_system_call(0), features);
    abilities.device_errno = look_at(open_device(), features);
    abilities.user_mode_only_errno = look_at(open_system_call(UFFD_USER_MODE_ONLY), features);
    abilities.write_protects_memfd = (features & feature_memfd) != 0 && (features & feature_unpopulated) != 0;
    abilities.write_protects_without_stop = (features & feature_async) != 0;
    abilities.scans_pages = can_scan_pages();
    return abilities;
}

}  // namespace hvfbctl
