/* Moves a square across the display, a step a frame: cc animation.c $(pkg-config --cflags --libs hvfb) &&
 * ./a.out [FRAMES]
 *
 * What a program that goes on cares for: which display there is, errors in words, the display's rate, a new
 * mode, and that nobody looks. */
#include <errno.h>
#include <hvfb/hvfb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

enum { side = 64, step = 4 };

static void list_displays(void) {
    struct hvfb_display** displays;
    if (hvfb_displays_list(&displays, NULL) < 0) return; /* no daemon yet: opening a surface starts it */
    for (int i = 0; displays[i]; ++i)
        printf("%s: %s, %ux%u%s\n", displays[i]->name, displays[i]->output, displays[i]->width,
               displays[i]->height, displays[i]->visible ? "" : ", nobody looks");
    hvfb_displays_free(displays);
}

/* 0, or a negative errno: the program is to end. */
static int handle_events(hvfb_surface* surface) {
    const int events = hvfb_surface_dispatch(surface);
    /* Pixels and layout are others then. -EAGAIN: it was taken back. */
    if (events & HVFB_EVENT_CONFIGURE) {
        const int result = hvfb_surface_configure(surface);
        if (result < 0 && result != -EAGAIN) return result;
        hvfb_surface_fill(surface, NULL, 0);
    }
    if (events & HVFB_EVENT_REVOKED) return -ECANCELED;
    /* HVFB_EVENT_LOST: the library opens the surface again by itself, with its picture. */
    return 0;
}

static int animate(hvfb_surface* surface, unsigned long frames) {
    struct hvfb_rect square = {0, 0, side, side};
    while (frames > 0) {
        int result = handle_events(surface);
        if (result < 0) return result;
        if (!hvfb_surface_is_shown(surface)) {
            /* It may draw, and need not. It sleeps until that changes. */
            struct pollfd event = {.fd = hvfb_surface_fd(surface), .events = POLLIN};
            poll(&event, 1, -1);
            continue;
        }
        struct hvfb_layout layout;
        hvfb_surface_layout(surface, &layout);
        hvfb_surface_begin(surface); /* never shown without its square */
        hvfb_surface_fill(surface, &square, 0);
        square.x = (square.x + step) % layout.width;
        square.y = layout.height / 3;
        hvfb_surface_fill(surface, &square, 0x0080ff);
        hvfb_surface_end(surface);

        uint64_t frame;
        result = hvfb_surface_request_frame(surface, &frame);
        if (result == 0) result = hvfb_surface_wait_frame(surface, frame, 1000000, NULL);
        if (result < 0 && result != -ETIME && result != -ENOTCONN) return result;
        --frames;
    }
    return 0;
}

int main(int argc, char** argv) {
    list_displays();
    char message[256];
    const struct hvfb_open_options options = {
        .size = sizeof options, .name = "animation", .message = message, .message_size = sizeof message};
    hvfb_surface* surface;
    if (hvfb_surface_open(&surface, &options) < 0) {
        fprintf(stderr, "Cannot open a surface: %s\n", message);
        return 1;
    }
    const int result = animate(surface, argc > 1 ? strtoul(argv[1], NULL, 10) : 1000);
    if (result < 0) fprintf(stderr, "Ended: %s\n", hvfb_strerror(result));
    hvfb_surface_close(surface);
    return result < 0;
}
