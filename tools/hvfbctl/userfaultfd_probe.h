#pragma once

#include <cstdint>

namespace hvfbctl {

// What this kernel lets this process do to notice stores. Each errno is 0 if that way works.
struct UserfaultfdAbilities {
    int system_call_errno = 0;                 // userfaultfd(2) that serves kernel-mode faults too
    int device_errno = 0;                      // the same from /dev/userfaultfd
    int user_mode_only_errno = 0;              // userfaultfd(2) with USER_MODE_ONLY
    bool write_protects_memfd = false;         // WP_HUGETLBFS_SHMEM and WP_UNPOPULATED: Linux 5.19, 6.4
    bool write_protects_without_stop = false;  // WP_ASYNC: Linux 6.7
    bool scans_pages = false;                  // PAGEMAP_SCAN: Linux 6.7
};

UserfaultfdAbilities probe_userfaultfd();

}  // namespace hvfbctl
