#pragma once

#include <cstdint>

#include "clients/client_state.h"

namespace hvfbd {

// Counters since the start. Durations are nanoseconds and end in _ns. The order is the order of the way of a
// pixel.
#define HVFBD_STATISTICS(X)                                                                        \
    X(wakeups)       /* dispatches of the loop that had something to do */                         \
    X(announcements) /* DAMAGED messages taken */                                                  \
    X(faults)        /* first stores that waited for a tracker */                                  \
    X(collections)   /* COLLECT messages sent */                                                   \
    X(scans)         /* WRITTEN messages of unprotected or scanning trackers */                    \
    X(state_changes) /* tracker states seen to change */                                           \
    X(unanswered)    /* collections that were not answered within a frame */                       \
    X(pixels_compared)                                                                             \
    X(pixels_changed)                                                                              \
    X(pixels_in_changed_tiles) /* tiles of 64 by 1: what could be presented at best */             \
    X(bytes_copied)            /* to front and to scanout */                                       \
    X(frames)                  /* presents with damage */                                          \
    X(empty_looks)             /* compares that found nothing */                                   \
    X(rectangles)              /* presented */                                                     \
    X(pixels_told)             /* in them */                                                       \
    X(refused)                 /* presents that the output refused for the time being */           \
    X(messages_malformed)                                                                          \
    X(messages_throttled) /* times a channel was paused because it sent too much */                \
    X(first_frame_ns)     /* from the announcement to the present, of the last frame after rest */ \
    X(collect_ns)         /* waiting for WRITTEN */                                                \
    X(compare_ns)         /* and copying what differed to front and scanout */                     \
    X(reduce_ns)                                                                                   \
    X(copy_ns)    /* all of front to scanout */                                                    \
    X(present_ns) /* submitting to the host, and sending to the viewers */                         \
    X(submit_ns)  /* of that, submitting to the host or screen */

struct Statistics {
#define X(name) std::uint64_t name = 0;
    HVFBD_STATISTICS(X)
#undef X

    void add(const ClientState::Counts& counts) {
        announcements += counts.announcements;
        faults += counts.faults;
        scans += counts.scans;
        state_changes += counts.state_changes;
    }
};

}  // namespace hvfbd
