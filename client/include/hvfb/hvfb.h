/* SPDX-License-Identifier: MIT
 *
 * libhvfb: draw on a display of hvfbd by storing into memory.
 *
 *     hvfb_surface *surface;
 *     int r = hvfb_surface_open(&surface, NULL);
 *     if (r < 0) ...
 *     struct hvfb_layout layout;
 *     hvfb_surface_layout(surface, &layout);
 *     uint32_t *pixels = hvfb_surface_pixels(surface);
 *     pixels[y * layout.stride / 4 + x] = 0x00ff8000;      // that is all: it will be seen
 *
 * Errors: functions return 0 (or what they say) on success and a negative errno on failure. hvfb_strerror
 * says what it means; hvfb_open_options.message and hvfb_surface_error_message hold the daemon's own
 * sentence.
 *
 * Options: a struct that has a `size` is set to zero first, and its size is given:
 *
 *     char message[256];
 *     struct hvfb_open_options options = {.size = sizeof options, .message = message,
 *                                         .message_size = sizeof message};
 *     if (hvfb_surface_open(&surface, &options) < 0) fprintf(stderr, "%s\n", message);
 *
 * Threads: any thread may store into the pixels at any time; so may system calls: read(2) into the buffer,
 * also with O_DIRECT, whose pixels land after the call was noticed. They are shown if they land at most
 * 5 seconds after that, or after the piece before them was shown, so that a slow disk may take minutes for a
 * picture. They may be shown some seconds late; at once if hvfb_surface_damage names them when they have
 * landed. What lands later than that, or unnoticed (in io_uring's registered buffers, by a device that was
 * given the memory before), needs hvfb_surface_damage.
 *
 * The functions on one surface or viewer are called by one thread at a time, except hvfb_surface_damage,
 * _begin, _end, _fill, _copy, _blit, _wait_frame and _is_shown, which may be called by any thread. The
 * library has one thread of its own for each surface, tracked or not; it blocks all signals but SIGSYS, by
 * which a seccomp filter may answer a call of its own.
 *
 * Fork: the child keeps the pixels as private memory with the content they had, and every call on the surface
 * returns -ECHILD there (hvfb_surface_close frees it). A child that wants to draw opens a surface of its own.
 * What the child stores does not reach the screen; what the parent stores from then on may show in those of
 * the child's pages that the child has not stored into. exec and posix_spawn need no thought.
 */
#ifndef HVFB_HVFB_H
#define HVFB_HVFB_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HVFB_API __attribute__((visibility("default")))

/* ---- version
 * --------------------------------------------------------------------------------------------------- */

/* Of this header. */
#define HVFB_VERSION_MAJOR 0
#define HVFB_VERSION_MINOR 1
#define HVFB_VERSION_PATCH 0
#define HVFB_VERSION "0.1.0"
/* For #if: HVFB_VERSION_NUMBER >= HVFB_MAKE_VERSION(0, 1, 0). */
#define HVFB_MAKE_VERSION(major, minor, patch) ((major)*10000 + (minor)*100 + (patch))
#define HVFB_VERSION_NUMBER HVFB_MAKE_VERSION(HVFB_VERSION_MAJOR, HVFB_VERSION_MINOR, HVFB_VERSION_PATCH)

/* The version of the library that the program runs with, such as "0.1.0". Static. Any thread. */
HVFB_API const char* hvfb_version(void);

/* ---- errors
 * ---------------------------------------------------------------------------------------------------- */

/* What an error of this library means, and what mends it, without a full stop: "hvfbd does not run: ...".
 * Takes what the functions return (negative), or an errno (positive). Never NULL; static; in English. Any
 * thread. */
HVFB_API const char* hvfb_strerror(int error);

/* ---- pixels
 * ---------------------------------------------------------------------------------------------------- */

/* The only format today: DRM_FORMAT_XRGB8888, a uint32_t 0x00RRGGBB for each pixel. The uppermost byte is
 * ignored. A program checks for it, since a later daemon may have others. */
#define HVFB_FORMAT_XRGB8888 0x34325258u

typedef struct hvfb_surface hvfb_surface;
typedef struct hvfb_viewer hvfb_viewer;

struct hvfb_layout {
    uint32_t width, height; /* pixels */
    uint32_t stride;        /* bytes from one row to the next; not always width * 4 */
    uint32_t format;        /* DRM fourcc: HVFB_FORMAT_XRGB8888 */
    uint64_t size;          /* bytes of the mapping */
};

/* In pixels; parts outside the surface are clipped. */
struct hvfb_rect {
    uint32_t x, y, width, height;
};

/* In pixels. */
struct hvfb_mode {
    uint32_t width, height;
};

/* ---- opening
 * --------------------------------------------------------------------------------------------------- */

#define HVFB_OPEN_KEEP                                                                       \
    1u /* the surface and its picture stay when this program goes; the next open of the same \
          user and name starts from them */
#define HVFB_OPEN_UNTRACKED 2u /* stores are not noticed: hvfb_surface_damage says what was drawn */
#define HVFB_OPEN_BACKGROUND                                                                  \
    4u /* below all surfaces that are opened without this, however new it is: it is shown     \
          while there is none of them. For what fills an empty screen. -EINVAL: the daemon is \
          too old for it */

/* Zero, or left out (NULL), is the usual for every member. The struct may grow: of a program that was
 * compiled when it was smaller, the members that it does not know are zero. -EINVAL: a size that no version
 * had, or a member that this version does not know and that is not zero. */
struct hvfb_open_options {
    size_t size;         /* sizeof(struct hvfb_open_options); see above */
    const char* bus;     /* D-Bus address; "system"; "session"; NULL: $HVFB_BUS, else "system" */
    const char* display; /* letters, digits and '_'; NULL: $HVFB_DISPLAY, else "display0" */
    const char* name;    /* what people see in lists: 1 to 64 bytes of UTF-8, no control or invisible ones;
                            the program's short name if NULL */
    uint32_t flags;      /* HVFB_OPEN_... */
    /* The caller's memory for a sentence that says why the call failed: the daemon's own where it refused,
     * such as "this user has 16 surfaces open...". Ends with a 0 byte, cut to message_size bytes (256 are
     * enough); empty after success. Not written where `size` is one that no version had. */
    char* message;
    size_t message_size;
    /* Memory of the program's for the pixels, for languages that cannot know who still looks at them when a
     * surface is closed. Called with a number of bytes, in whole pages; returns where the program has as
     * many, mapped and from the beginning of a page on, or NULL: the call fails with -ENOMEM. The pixels take
     * its place. When they go (close, another mode, a failure of the call that asked for it) it is not
     * unmapped, but private memory of the program's that it may read and write, with the picture that they
     * had or, where the program has closed descriptors of the library's, or there is no memory for a copy of
     * a viewer's, zeros. Called by hvfb_surface_open, _configure and _reconnect, hvfb_viewer_open and _wait,
     * in the caller's thread; for a viewer's new mode maybe in an earlier call than the one that returns 1,
     * by which the old pixels have not gone. It calls nothing for this surface or viewer. NULL: the library
     * maps and unmaps them. */
    void* (*place)(void* context, size_t size);
    void* place_context;
};

/* Opens a surface and puts it on top of the display's stack, or of its backgrounds. `options` may be NULL.
 * The name is copied. -EACCES: neither root nor in group video. -EBUSY: this user has 16 surfaces with a
 * client, or a kept surface of this name has a client. With 16 of which some have none, the kept one without
 * a client for longest goes. -ENOENT: no such display. -EHOSTUNREACH: no daemon on the bus, and none that it
 * starts: it is not enabled, masked, has failed, or failed twice while this waited; or it ended before it
 * answered. -ETIMEDOUT: it is there and does not answer within 5 s. -EPROTO: it did not answer as it should.
 * -EINVAL: options that this version does not know, or names that cannot be. Others as the system calls give
 * them. Starts the daemon where it is enabled (systemctl enable hvfbd), and then waits until it is ready;
 * where it is not, fails at once. Needs 64 KiB of the thread's stack. */
HVFB_API int hvfb_surface_open(hvfb_surface** surface, const struct hvfb_open_options* options);

/* Closes the surface and unmaps its pixels. NULL is allowed. Waits for the library's thread, which ends at
 * once; for 2 s where the program has closed the descriptors that wake that thread, which is then left. */
HVFB_API void hvfb_surface_close(hvfb_surface* surface);

/* The pixels, valid until close, hvfb_surface_configure or a hvfb_surface_reconnect that says so. Never NULL.
 */
HVFB_API void* hvfb_surface_pixels(hvfb_surface* surface);
HVFB_API int hvfb_surface_layout(hvfb_surface* surface, struct hvfb_layout* layout);

/* How stores are noticed: "resting+scanning", "resting", "scanning", "polled", "none". The string is static.
 * A program that may not make a userfaultfd for kernel-mode faults begins without "resting", which it has as
 * soon as the daemon has given it one. */
HVFB_API const char* hvfb_surface_tracking(hvfb_surface* surface);

/* ---- events
 * ------------------------------------------------------------------------------------------ */

#define HVFB_EVENT_VISIBLE 1u   /* visibility or activity changed: see hvfb_surface_is_shown */
#define HVFB_EVENT_CONFIGURE 2u /* the mode changed: call hvfb_surface_configure when you are ready to */
#define HVFB_EVENT_PRESENTED 4u /* an asked-for frame was answered: see hvfb_surface_wait_frame */
#define HVFB_EVENT_REVOKED 8u   /* closed from outside: nothing more is shown; the pixels stay mapped */
#define HVFB_EVENT_LOST \
    16u /* the daemon is gone: the pixels stay mapped, and are shown again when it is back: see below */
#define HVFB_EVENT_GAVE_UP                                                                     \
    32u /* the library does not open it again, before another daemon comes: hvfb_surface_error \
           says why, see below */
#define HVFB_EVENT_BACK \
    64u /* it was lost, and the library has opened it again; with HVFB_EVENT_LOST both have happened */

/* A descriptor that is readable when hvfb_surface_dispatch has an event. It belongs to the surface. A program
 * that does not want to know need not watch it. Where the program has closed it, the library may make another
 * with another number: ask again after HVFB_EVENT_BACK. */
HVFB_API int hvfb_surface_fd(hvfb_surface* surface);

/* What happened since the last call, as HVFB_EVENT_ bits; 0 if nothing. Does not wait. */
HVFB_API int hvfb_surface_dispatch(hvfb_surface* surface);

/* 0 while the daemon has the surface, and otherwise why it has not, or has not got it back: -ECANCELED closed
 * from outside (HVFB_EVENT_REVOKED). After HVFB_EVENT_LOST: -ECONNRESET the daemon ended or hung up,
 * -EHOSTUNREACH it is not on the bus, also where it ended while it opened it again; the bus's own where that
 * is away, such as -ENOENT and -ECONNREFUSED; -EBUSY, -ETIMEDOUT, -ENOMEM, -EMFILE and so on, which the
 * library tries again. After HVFB_EVENT_GAVE_UP: -EACCES no right to it any more, -ENOENT no such display,
 * -EOPNOTSUPP the mode is another one and the daemon is too old for that, -EPROTO, -EINVAL. */
HVFB_API int hvfb_surface_error(hvfb_surface* surface);

/* Writes a sentence that says why, and returns what hvfb_surface_error returns. The sentence is the daemon's
 * own where it refused to open the surface again, else hvfb_strerror's; empty where nothing is wrong. It ends
 * with a 0 byte, cut to `size` bytes (256 are enough). -ECHILD after fork, with its sentence. */
HVFB_API int hvfb_surface_error_message(hvfb_surface* surface, char* message, size_t size);

/* 1 if somebody can see this surface now, 0 if not: it may stop drawing, and need not. The daemon says so
 * soon after the surface was opened, or opened again: a call before that waits for it, for a second at most.
 */
HVFB_API int hvfb_surface_is_shown(hvfb_surface* surface);

/* Takes the display's new mode: maps the new buffer, which holds a clipped copy of the old picture, and
 * unmaps the old one. Pixels and layout change; no other thread may store meanwhile. Until it is called the
 * old buffer goes on being shown, clipped. -EAGAIN: there is no new mode. -ENOMEM, -EMFILE: it may be tried
 * again. */
HVFB_API int hvfb_surface_configure(hvfb_surface* surface);

/* ---- frames
 * ------------------------------------------------------------------------------------------------------ */

/* Says that these pixels were drawn. Needed only with HVFB_OPEN_UNTRACKED, and for what never faults:
 * io_uring into registered buffers, and other devices' writes into memory that was pinned before. `rects`
 * NULL or `count` 0: the whole surface. */
HVFB_API int hvfb_surface_damage(hvfb_surface* surface, const struct hvfb_rect* rects, size_t count);

/* Between the two nothing of this surface is presented, for 100 ms at most: no half-drawn frame is seen. */
HVFB_API int hvfb_surface_begin(hvfb_surface* surface);
HVFB_API int hvfb_surface_end(hvfb_surface* surface);

/* Times are CLOCK_MONOTONIC of the daemon's time namespace, which is that of the machine where hvfbd is a
 * system service. A program in a time namespace of its own (time_namespaces(7)) has another CLOCK_MONOTONIC:
 * it adds the offset that /proc/self/timens_offsets says to a time from here. What it asks to wait is a
 * duration, and means the same everywhere. */
struct hvfb_presentation {
    uint64_t frame;
    uint64_t time;  /* nanoseconds, of the daemon's clock: see above */
    uint32_t shown; /* 0: hidden, another surface is active, or the screen took nothing for a second */
};

/* Asks to be told when what is drawn up to now is on the screen. Writes the frame's number, if `frame` is not
 * NULL. */
HVFB_API int hvfb_surface_request_frame(hvfb_surface* surface, uint64_t* frame);

/* Waits until that frame, or a later one, was answered. A hidden surface is answered too, with shown = 0.
 * `presented` may be NULL. -ETIME: not within timeout_us (0: do not wait). -ENOTCONN: the daemon is gone.
 * -EINVAL: never asked. */
HVFB_API int hvfb_surface_wait_frame(hvfb_surface* surface, uint64_t frame, uint64_t timeout_us,
                                     struct hvfb_presentation* presented);

/* ---- drawing (each clips, draws and sends its rectangle)
 * ------------------------------------------------------- */

/* A rectangle that is NULL is the whole surface, as it is for hvfb_surface_damage. */
HVFB_API int hvfb_surface_fill(hvfb_surface* surface, const struct hvfb_rect* rect, uint32_t pixel);
/* The source may overlap the destination (x, y). */
HVFB_API int hvfb_surface_copy(hvfb_surface* surface, const struct hvfb_rect* source, uint32_t x, uint32_t y);
/* `source` points at the pixel that goes to rect's upper left corner; `stride` is the source's, in bytes. */
HVFB_API int hvfb_surface_blit(hvfb_surface* surface, const struct hvfb_rect* rect, const void* source,
                               size_t stride);

/* ---- when the daemon was stopped
 * ---------------------------------------------------------------------------------- */

/* A daemon that systemd restarts, or that crashes, is not noticed: the next process restores the surface as
 * it is, and shows what was drawn meanwhile. HVFB_EVENT_LOST comes where its descriptors are not stored:
 * after `systemctl stop`, or without a service manager. Stores go on into plain memory then. When a daemon
 * has its name on the bus again, the library opens the surface again by itself, with its options, and its
 * content at its address, whatever threads store meanwhile, and HVFB_EVENT_BACK comes. (Only a pixel that is
 * changed and changed back within the milliseconds that this takes may keep the change until the next store
 * into it.) Where the mode is another one by then the pixels are shown clipped, and HVFB_EVENT_CONFIGURE
 * comes, as after any change of mode.
 *
 * A bus that is away is waited for, also one that is started anew. What may pass (too many surfaces, a name
 * that has a client, no memory, no descriptors, a daemon that ends again) is tried again, after a minute at
 * most. HVFB_EVENT_GAVE_UP comes where the daemon refuses for good: then the library waits for another
 * process of the daemon, and hvfb_surface_reconnect is the program's to call before that. Until it is back
 * the functions that send something to the daemon return -ENOTCONN. */

/* Opens the surface again with its options and content. No other thread may store meanwhile. Returns 0 if the
 * pixels are where they were, 1 if pixels or layout changed, negative errno as hvfb_surface_open (then all is
 * as before, and it may be tried again). Starts no daemon: who stopped it did not want it back. -EISCONN: it
 * was not lost, or is there again by itself. */
HVFB_API int hvfb_surface_reconnect(hvfb_surface* surface);

/* ---- displays
 * -------------------------------------------------------------------------------------------------- */

/* What there is to draw on. The library makes it: a program reads only members that its `size` covers. */
struct hvfb_display {
    size_t size;                   /* of this struct, as the library has it */
    const char* name;              /* for hvfb_open_options.display */
    const char* output;            /* what shows it: "memory", "uio", "drm", "hyperv" */
    uint32_t width, height;        /* the mode now, in pixels */
    uint32_t format;               /* HVFB_FORMAT_XRGB8888 */
    int visible;                   /* 1: somebody looks at it */
    const struct hvfb_mode* modes; /* what its screen offers, the preferred one first */
    size_t mode_count;             /* 0: it has no list; any mode that fits */
};

/* Lists the displays, "display0" first, in an array that a NULL ends. Returns how many there are. It is the
 * caller's, to be freed with hvfb_displays_free. Only `bus` and `message` of the options are used. Errors as
 * hvfb_surface_open; -EACCES: neither root nor in group video, hvfbd-view or hvfbd-input. Does not start the
 * daemon. The modes are the administrator's to set (hvfbctl mode). Any thread. */
HVFB_API int hvfb_displays_list(struct hvfb_display*** displays, const struct hvfb_open_options* options);

/* NULL is allowed. */
HVFB_API void hvfb_displays_free(struct hvfb_display** displays);

/* ---- looking at a display
 * ------------------------------------------------------------------------------------------ */

struct hvfb_viewer_frame {
    uint64_t frame;                /* number of the newest frame presented; grows, not always by one */
    uint64_t time;                 /* when, in nanoseconds of the daemon's clock */
    uint32_t count;                /* rectangles that changed since the last wait */
    const struct hvfb_rect* rects; /* the viewer's, until the next call on it */
};

/* Opens a view of what the display shows. Only `bus`, `display`, `message` and `place` of the options are
 * used. A viewer counts as somebody looking. Errors as hvfb_surface_open; -EACCES: neither root nor in group
 * hvfbd-view. Does not start the daemon. */
HVFB_API int hvfb_viewer_open(hvfb_viewer** viewer, const struct hvfb_open_options* options);
HVFB_API void hvfb_viewer_close(hvfb_viewer* viewer);

/* The picture, read-only; valid until close or until hvfb_viewer_wait returns 1. */
HVFB_API const void* hvfb_viewer_pixels(hvfb_viewer* viewer);
HVFB_API int hvfb_viewer_layout(hvfb_viewer* viewer, struct hvfb_layout* layout);
/* Readable when hvfb_viewer_wait would return at once. */
HVFB_API int hvfb_viewer_fd(hvfb_viewer* viewer);

/* Waits for something new. The first wait returns the whole picture. 0, or 1 if the mode changed: then
 * pixels and layout are new and the frame, the first of the new mode, is the whole picture; until then both
 * are the old mode's, with its last picture. -ETIME: nothing within timeout_us (0: do not wait). -ENOTCONN:
 * the daemon closed it, or has ended for good (a restart is not noticed); so do all later calls, and the
 * descriptor stays readable: close it, and open another when the daemon is back. -EMFILE, -ENOMEM: there is
 * no room for the picture of a new mode; the view is over, and later calls return -ENOTCONN. -ECHILD after
 * fork. */
HVFB_API int hvfb_viewer_wait(hvfb_viewer* viewer, uint64_t timeout_us, struct hvfb_viewer_frame* frame);

#ifdef __cplusplus
}
#endif
#endif
