#pragma once

#include <linux/userfaultfd.h>
#include <sys/ioctl.h>

#include <cstdint>

// What the kernel has for finding pages that were written, and the headers of Debian 12 have not.
#ifndef UFFD_FEATURE_WP_HUGETLBFS_SHMEM
#define UFFD_FEATURE_WP_HUGETLBFS_SHMEM (1u << 12)  // Linux 5.19
#endif
#ifndef UFFD_FEATURE_WP_UNPOPULATED
#define UFFD_FEATURE_WP_UNPOPULATED (1u << 13)  // 6.4
#endif
#ifndef UFFD_FEATURE_WP_ASYNC
#define UFFD_FEATURE_WP_ASYNC (1u << 15)  // 6.7
#endif

namespace common {

// Of a userfaultfd that announces nothing: the kernel lets each store go on, and remembers it.
constexpr std::uint64_t asynchronous_features =
    UFFD_FEATURE_WP_ASYNC | UFFD_FEATURE_WP_UNPOPULATED | UFFD_FEATURE_WP_HUGETLBFS_SHMEM;

// linux/fs.h of Linux 6.7: what /proc/PID/pagemap is asked by.
struct PagemapScan {
    std::uint64_t size, flags, start, end, walk_end, regions, regions_count, max_pages;
    std::uint64_t category_inverted, category_mask, category_any_mask, return_mask;
};
struct PagemapRegion {
    std::uint64_t start, end, categories;
};
constexpr unsigned long pagemap_scan = _IOWR('f', 16, PagemapScan);
// Flags.
constexpr std::uint64_t scan_protects_matching = 1u << 0, scan_checks_asynchronous = 1u << 1;
// Categories. The first is one of memory, not of pages: it is under asynchronous protection.
constexpr std::uint64_t page_may_be_protected = 1u << 0, page_is_written = 1u << 1;

}  // namespace common
