#include "tracking/tracking_refused.h"

#include <sys/prctl.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace hvfb {

namespace {

const char* help_with_userfaultfd(int error) {
    if (error == EMFILE || error == ENFILE) return "a higher limit of descriptors (LimitNOFILE=, ulimit -n)";
    if (error == ENOSYS) return "a kernel with userfaultfd, or a seccomp filter that allows it";
    return "a daemon that may give one (hvfbctl doctor says what is in the way), or the sysctl "
           "vm.unprivileged_userfaultfd=1; and no seccomp filter that refuses it";
}

const char* help_with_pagemap(int error) {
    if (prctl(PR_GET_DUMPABLE) == 0)
        return "a process that is dumpable (prctl(PR_SET_DUMPABLE, 1)), which one with file capabilities or "
               "another user's identity is not by itself: /proc/self is root's otherwise";
    if (error == ENOENT) return "/proc";
    if (error == EMFILE || error == ENFILE) return "a higher limit of descriptors (LimitNOFILE=, ulimit -n)";
    return "a sandbox that lets the process open /proc/self/pagemap";
}

void explain(const char* missing, const TrackingRefused& refused, const char* newer_kernel) {
    const char* what = "";
    const char* help = "";
    switch (refused.of) {
        case TrackingRefused::Of::nothing:
            return;
        case TrackingRefused::Of::program:
            what = "HVFB_FEATURES";
            help = "an HVFB_FEATURES without it";
            break;
        case TrackingRefused::Of::valgrind:
            what = "valgrind, which knows none of the calls and lets no thread run while a store waits";
            help = "running without it";
            break;
        case TrackingRefused::Of::recorder:
            what = "rr, which does not know it";
            help = "running without it";
            break;
        case TrackingRefused::Of::tracer:
            what = "a tracer, under which a store that waits may wait for ever";
            help = "running without a debugger";
            break;
        case TrackingRefused::Of::userfaultfd:
        case TrackingRefused::Of::kernel_mode:
            what =
                refused.of == TrackingRefused::Of::userfaultfd ? "userfaultfd(2)" : "userfaultfd(2) in full";
            help = help_with_userfaultfd(refused.error);
            break;
        case TrackingRefused::Of::features:
            what = "the kernel's userfaultfd";
            help = newer_kernel;
            break;
        case TrackingRefused::Of::pagemap:
            what = "opening /proc/self/pagemap";
            help = help_with_pagemap(refused.error);
            break;
        case TrackingRefused::Of::scan:
            what = "PAGEMAP_SCAN of /proc/self/pagemap";
            help = newer_kernel;
            break;
    }
    if (refused.error != 0)
        std::fprintf(stderr, "hvfb: %s: refused by %s: %s. What would help: %s\n", missing, what,
                     std::strerror(refused.error), help);
    else
        std::fprintf(stderr, "hvfb: %s: refused by %s. What would help: %s\n", missing, what, help);
}

}  // namespace

void explain(const TrackingRefused& announce, const TrackingRefused& scan) {
    explain("the first store after rest cannot be announced", announce, "Linux 5.19");
    explain("written pages cannot be listed", scan, "Linux 6.7");
}

}  // namespace hvfb
