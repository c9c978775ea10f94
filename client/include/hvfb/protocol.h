/* SPDX-License-Identifier: MIT
 *
 * hvfb/protocol.h: the channel between a client or viewer and hvfbd.
 *
 * The channel is the SOCK_SEQPACKET socket that OpenSurface or OpenViewer returned. One packet is one
 * message: a struct hvfb_header, then the body of its type. All numbers are little-endian, all structs are
 * packed. `size` is the length of the whole packet, the header included. A packet whose length differs from
 * `size`, that is too short for its counts, or longer than HVFB_MESSAGE_MAX is malformed: the daemon closes
 * the channel, and with it the surface or viewer. Descriptors travel only from the daemon to the client, and
 * only with CONFIGURE, ALARM and USERFAULTFD; the daemon never receives any.
 *
 * A peer ignores message types that it does not know, so that either side may grow.
 *
 * Order: the client sends HELLO first; the daemon answers HELLO, then STATE (surfaces only). Everything else
 * follows. A program that uses libhvfb never needs this file.
 */
#ifndef HVFB_PROTOCOL_H
#define HVFB_PROTOCOL_H

#include <stdint.h>

#ifdef __cplusplus
#define HVFB_ASSERT_SIZE(type, bytes) static_assert(sizeof(struct type) == (bytes), "size of " #type)
extern "C" {
#else
#define HVFB_ASSERT_SIZE(type, bytes) _Static_assert(sizeof(struct type) == (bytes), "size of " #type)
#endif

#define HVFB_PACKED __attribute__((packed))

#define HVFB_PROTOCOL_VERSION 1u
/* The longest packet of either direction, in bytes. A receiver needs a buffer of this size. */
#define HVFB_MESSAGE_MAX 4608u
#define HVFB_DAMAGED_MAX 32u      /* rectangles or page ranges in one DAMAGED */
#define HVFB_WRITTEN_MAX 64u      /* page ranges in one WRITTEN or COMPARED */
#define HVFB_FRAME_READY_MAX 255u /* rectangles in one FRAME_READY */

enum hvfb_message_type {
    HVFB_HELLO = 1,        /* both ways */
    HVFB_DAMAGED = 2,      /* client to daemon */
    HVFB_COLLECT = 3,      /* daemon to client */
    HVFB_WRITTEN = 4,      /* client to daemon */
    HVFB_BEGIN = 5,        /* client to daemon */
    HVFB_END = 6,          /* client to daemon */
    HVFB_FRAME = 7,        /* client to daemon */
    HVFB_PRESENTED = 8,    /* daemon to client */
    HVFB_STATE = 9,        /* daemon to client */
    HVFB_CONFIGURE = 10,   /* daemon to client or viewer, with one descriptor */
    HVFB_CONFIGURED = 11,  /* client or viewer to daemon */
    HVFB_NEXT = 12,        /* viewer to daemon */
    HVFB_FRAME_READY = 13, /* daemon to viewer */
    HVFB_REVOKED = 14,     /* daemon to client or viewer */
    HVFB_COMPARED = 15,    /* daemon to client */
    HVFB_ALARM = 16,       /* daemon to client, with one descriptor */
    HVFB_USERFAULTFD = 17, /* daemon to client, with one descriptor */
    HVFB_CAPABILITIES = 18 /* client to daemon */
};

struct hvfb_header {
    uint32_t type; /* enum hvfb_message_type */
    uint32_t size; /* of the whole packet, in bytes */
} HVFB_PACKED;
HVFB_ASSERT_SIZE(hvfb_header, 8);

/* In pixels. The daemon clips what lies outside the surface; an empty rectangle is allowed and means nothing.
 */
struct hvfb_rectangle {
    uint32_t x, y, width, height;
} HVFB_PACKED;
HVFB_ASSERT_SIZE(hvfb_rectangle, 16);

/* Pages of the buffer, of the system's page size (sysconf(_SC_PAGESIZE)), counted from its start. Clipped. */
struct hvfb_page_range {
    uint32_t first, count;
} HVFB_PACKED;
HVFB_ASSERT_SIZE(hvfb_page_range, 8);

struct hvfb_wire_layout {
    uint32_t width, height; /* pixels */
    uint32_t stride;        /* bytes from one row to the next; not always width * 4 */
    uint32_t format;        /* DRM fourcc */
    uint64_t size;          /* bytes of the buffer, a multiple of the page size */
} HVFB_PACKED;
HVFB_ASSERT_SIZE(hvfb_wire_layout, 24);

/* HELLO: the first message of either side. The client's flags say how it can track its stores; the daemon's
 * are 0. A client that sends neither flag is compared as a whole at the refresh limit ("polled"), unless its
 * surface was opened with tracking=none: then it must send DAMAGED with rectangles for what it draws. */
#define HVFB_HELLO_CAN_ANNOUNCE 1u /* can rest: the first store after rest is announced by DAMAGED */
#define HVFB_HELLO_CAN_SCAN 2u     /* can list written pages without stopping the writer */
#define HVFB_HELLO_CAN_REPORT 4u   /* sends WRITTEN without being asked, when STATE gives it leave */
#define HVFB_HELLO_CAN_ALARM 8u    /* sets the ALARM instead of sending DAMAGED, where a report follows */
#define HVFB_HELLO_WANTS_USERFAULTFD \
    16u /* may not open /dev/userfaultfd itself; takes USERFAULTFD, and answers CAPABILITIES */
struct hvfb_hello {
    struct hvfb_header header;
    uint32_t version; /* HVFB_PROTOCOL_VERSION; the daemon refuses others by closing */
    uint32_t flags;
} HVFB_PACKED;
HVFB_ASSERT_SIZE(hvfb_hello, 16);

/* DAMAGED: there is something to collect. With rectangles: these pixels were drawn (explicit damage). With
 * pages: the tracker saw stores about here. With neither: somewhere. Followed by `count` rectangles or page
 * ranges. */
#define HVFB_DAMAGED_SOMEWHERE 0u
#define HVFB_DAMAGED_RECTANGLES 1u
#define HVFB_DAMAGED_PAGES 2u
struct hvfb_damaged {
    struct hvfb_header header;
    uint32_t kind;
    uint32_t count; /* at most HVFB_DAMAGED_MAX */
} HVFB_PACKED;
HVFB_ASSERT_SIZE(hvfb_damaged, 16);

/* COLLECT: report what was written since the last time. Exactly one WRITTEN with the same serial answers it.
 */
struct hvfb_collect {
    struct hvfb_header header;
    uint64_t serial; /* grows by one with every COLLECT of a channel */
} HVFB_PACKED;
HVFB_ASSERT_SIZE(hvfb_collect, 16);

/* WRITTEN: protected again first, then reported. Followed by `count` page ranges. With serial 0 it answers no
 * COLLECT: a client that said HVFB_HELLO_CAN_REPORT, and was given leave, sends it when its first store has
 * settled, and then not more often than STATE's interval; it says nothing while nothing was written. */
#define HVFB_WRITTEN_EVERYTHING 1u  /* any page may have been written; the ranges say nothing more */
#define HVFB_WRITTEN_UNPROTECTED 2u /* a store from now on will not be announced: collect again */
#define HVFB_WRITTEN_ONLY_OPEN 4u   /* none of the ranges was found written; they are open, and any may be */
#define HVFB_WRITTEN_STATE_SHIFT 8u /* bits 8-11: enum hvfb_tracker_state, for people to look at */
#define HVFB_WRITTEN_FAULTS_SHIFT                                             \
    16u /* bits 16-23: stores that waited for the tracker, for the statistics \
         */
struct hvfb_written {
    struct hvfb_header header;
    uint64_t serial;
    uint32_t flags;
    uint32_t count; /* at most HVFB_WRITTEN_MAX */
} HVFB_PACKED;
HVFB_ASSERT_SIZE(hvfb_written, 24);

enum hvfb_tracker_state {
    HVFB_TRACKER_OFF = 0,
    HVFB_TRACKER_RESTING = 1,
    HVFB_TRACKER_SCANNING = 2,
    HVFB_TRACKER_COMPARING = 3,
    HVFB_TRACKER_POLLED = 4
};

/* COMPARED: comes some time after a WRITTEN with HVFB_WRITTEN_UNPROTECTED, and before the next COLLECT, and
 * says which of its pages really differed, so that the tracker may protect again what it left open. Followed
 * by `count` page ranges. */
#define HVFB_COMPARED_EVERYTHING 1u /* too many to list: take it that everything differed */
struct hvfb_compared {
    struct hvfb_header header;
    uint64_t serial; /* of the WRITTEN */
    uint32_t flags;
    uint32_t count; /* at most HVFB_WRITTEN_MAX */
} HVFB_PACKED;
HVFB_ASSERT_SIZE(hvfb_compared, 24);

/* ALARM: comes with one descriptor, a timerfd (CLOCK_MONOTONIC) that the daemon watches as well, to a client
 * that said HVFB_HELLO_CAN_ALARM. A client that will report a store by itself when it has settled sets it to
 * some milliseconds after that, instead of sending DAMAGED, and disarms it when it has reported. So the
 * daemon is woken once a frame, and yet compares by itself if the client is stopped in between. Ringing says
 * what DAMAGED without pages says. A newer ALARM replaces an older one. No body. */
struct hvfb_alarm {
    struct hvfb_header header;
} HVFB_PACKED;

/* USERFAULTFD: comes with one descriptor, /dev/userfaultfd opened by the daemon, to a client that said
 * HVFB_HELLO_WANTS_USERFAULTFD, if the administrator allows it ([Clients] GrantUserfaultfd=) and the daemon
 * can open it. The client's own ioctl USERFAULTFD_IOC_NEW on it makes a userfaultfd of the client's address
 * space, which serves kernel-mode faults too. It may come at any time after STATE, and more than once; it may
 * never come. No body. */
struct hvfb_userfaultfd {
    struct hvfb_header header;
} HVFB_PACKED;

/* CAPABILITIES: what the client can do from now on, in place of its HELLO's flags. It sends it before it acts
 * upon it, as the answer to USERFAULTFD, and again after a HELLO that the daemon says again. A daemon that
 * does not know it does not send USERFAULTFD either. */
struct hvfb_capabilities {
    struct hvfb_header header;
    uint32_t flags; /* HVFB_HELLO_CAN_... */
    uint32_t reserved;
} HVFB_PACKED;
HVFB_ASSERT_SIZE(hvfb_capabilities, 16);

/* BEGIN, END: nothing of this surface is presented between the two, for 100 ms at most. No body. They do not
 * nest. */
struct hvfb_begin {
    struct hvfb_header header;
} HVFB_PACKED;
struct hvfb_end {
    struct hvfb_header header;
} HVFB_PACKED;

/* FRAME: asks for PRESENTED when what the client has drawn up to now is on the screen. `frame` is the
 * client's own number and should grow; PRESENTED carries it back. Several FRAMEs asked before one present are
 * answered by one PRESENTED with the newest. */
struct hvfb_frame {
    struct hvfb_header header;
    uint64_t frame;
} HVFB_PACKED;
HVFB_ASSERT_SIZE(hvfb_frame, 16);

#define HVFB_PRESENTED_NOT_SHOWN \
    1u /* hidden, another surface is active, or the screen took nothing for a second */
struct hvfb_presented {
    struct hvfb_header header;
    uint64_t frame;
    uint64_t time; /* CLOCK_MONOTONIC of the daemon, nanoseconds */
    uint32_t flags;
    uint32_t reserved;
} HVFB_PACKED;
HVFB_ASSERT_SIZE(hvfb_presented, 32);

/* STATE: the newest wins. */
#define HVFB_STATE_VISIBLE 1u /* somebody looks at the display */
#define HVFB_STATE_ACTIVE 2u  /* this surface is the one shown */
#define HVFB_STATE_REPORT 4u  /* leave to send WRITTEN without being asked */
enum hvfb_tracking {
    HVFB_TRACKING_OFF = 0,    /* do not protect anything; report nothing */
    HVFB_TRACKING_AUTO = 1,   /* rest, scan and leave open as suits the program */
    HVFB_TRACKING_FAULT = 2,  /* pinned: resting only */
    HVFB_TRACKING_SCAN = 3,   /* pinned: scanning only */
    HVFB_TRACKING_COMPARE = 4 /* pinned: never protect; the daemon compares by itself and does not collect */
};
struct hvfb_state {
    struct hvfb_header header;
    uint32_t flags;
    uint32_t tracking;     /* enum hvfb_tracking */
    uint64_t interval;     /* shortest time between two presents, nanoseconds; 0: unthrottled */
    uint64_t idle_timeout; /* after this long without a store the tracker should rest, nanoseconds */
    uint64_t settle;       /* from the first store after rest to its report, nanoseconds */
} HVFB_PACKED;
HVFB_ASSERT_SIZE(hvfb_state, 40);

/* CONFIGURE: the display's mode changed. One descriptor comes with it: the new buffer, with a clipped copy of
 * the old one's pixels in it (surface), or the new front (viewer), whose first frame was presented and is
 * described by the FRAME_READY that follows. Until CONFIGURED answers with the same serial a surface's old
 * buffer goes on being shown, clipped. A newer CONFIGURE replaces one that is not yet answered. */
struct hvfb_configure {
    struct hvfb_header header;
    uint64_t serial;
    struct hvfb_wire_layout layout;
} HVFB_PACKED;
HVFB_ASSERT_SIZE(hvfb_configure, 40);

struct hvfb_configured {
    struct hvfb_header header;
    uint64_t serial;
} HVFB_PACKED;
HVFB_ASSERT_SIZE(hvfb_configured, 16);

/* NEXT: one FRAME_READY, as soon as there is damage that was not sent to this viewer yet. No body. */
struct hvfb_next {
    struct hvfb_header header;
} HVFB_PACKED;

/* FRAME_READY: front changed inside these rectangles since the last one. Followed by `count` rectangles;
 * where there would be more than HVFB_FRAME_READY_MAX, by their bounding box. The first one covers the whole
 * picture. */
struct hvfb_frame_ready {
    struct hvfb_header header;
    uint64_t frame; /* number of the newest frame presented: grows, over restarts too, not always by one */
    uint64_t time;  /* when it was, CLOCK_MONOTONIC of the daemon, nanoseconds */
    uint32_t count;
    uint32_t reserved;
} HVFB_PACKED;
HVFB_ASSERT_SIZE(hvfb_frame_ready, 32);

/* REVOKED: closed from outside. The buffer stays mapped and writable; nothing more is shown. No body. */
struct hvfb_revoked {
    struct hvfb_header header;
} HVFB_PACKED;

#ifdef __cplusplus
}
#endif
#endif
