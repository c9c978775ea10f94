/* Shows a display of hvfbd in a window, with SDL2. Needs group hvfbd-view.
 *
 *     cc viewer.c $(pkg-config --cflags --libs hvfb sdl2) -o viewer
 *     ./viewer [--actual-size]
 *
 * $HVFB_DISPLAY names the display. Keys: a actual size or scaled, f full screen, q quit.
 *
 * All of SDL and of libhvfb is used by the main thread. It sleeps in SDL_WaitEvent; a second thread sleeps
 * until the viewer's descriptor is readable, and sends it an event. So nothing runs while nothing changes.
 */
#include <SDL.h>
#include <errno.h>
#include <hvfb/hvfb.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct view {
    SDL_Window* window;
    SDL_Renderer* renderer;
    SDL_Texture* texture; /* what the display shows; stays while there is no daemon */
    int width, height;    /* of the texture */
    bool actual_size;

    hvfb_viewer* viewer; /* NULL: not connected */
    int readable;        /* its descriptor */
    SDL_Thread* watcher;
    SDL_sem* handled;   /* posted when the watcher may look again */
    int stop[2];        /* a pipe that ends the watcher */
    Uint32 frame_event; /* what the watcher sends */
};

/* ---- the watcher */

static int watch(void* data) {
    struct view* view = data;
    struct pollfd ready[2] = {{.fd = view->readable, .events = POLLIN},
                              {.fd = view->stop[0], .events = POLLIN}};
    for (;;) {
        if (poll(ready, 2, -1) < 0 && errno != EINTR) return 1;
        if (ready[1].revents) return 0;
        if (!ready[0].revents) continue;
        SDL_Event event = {.type = view->frame_event};
        SDL_PushEvent(&event);
        SDL_SemWait(view->handled);
    }
}

static void disconnect(struct view* view) {
    if (!view->viewer) return;
    if (view->watcher) {
        /* Before the descriptor that it waits for is closed. */
        (void)!write(view->stop[1], "", 1);
        SDL_SemPost(view->handled);
        SDL_WaitThread(view->watcher, NULL);
        view->watcher = NULL;
    }
    SDL_DestroySemaphore(view->handled);
    close(view->stop[0]);
    close(view->stop[1]);
    hvfb_viewer_close(view->viewer);
    view->viewer = NULL;
}

/* 0 or a negative errno; then `message` says why. */
static int connect_to_display(struct view* view, char* message, size_t size) {
    const struct hvfb_open_options options = {
        .size = sizeof options, .message = message, .message_size = size};
    int result = hvfb_viewer_open(&view->viewer, &options);
    if (result < 0) return result;
    if (pipe(view->stop) < 0) {
        result = -errno;
        snprintf(message, size, "%s", strerror(errno));
        hvfb_viewer_close(view->viewer);
        view->viewer = NULL;
        return result;
    }
    view->readable = hvfb_viewer_fd(view->viewer);
    view->handled = SDL_CreateSemaphore(0);
    view->watcher = SDL_CreateThread(watch, "watcher", view);
    if (view->watcher) return 0;
    snprintf(message, size, "%s", SDL_GetError());
    disconnect(view);
    return -EAGAIN;
}

/* ---- drawing */

/* Where the picture is in the window: in the middle, as large as fits, or of its own size. */
static SDL_Rect place(const struct view* view) {
    int width, height;
    SDL_GetRendererOutputSize(view->renderer, &width, &height);
    double scale = 1;
    if (!view->actual_size) {
        scale = (double)width / view->width;
        if (scale * view->height > height) scale = (double)height / view->height;
    }
    SDL_Rect at = {.w = (int)(view->width * scale), .h = (int)(view->height * scale)};
    at.x = (width - at.w) / 2;
    at.y = (height - at.h) / 2;
    /* What does not fit is cut off on the right and below. */
    if (at.x < 0) at.x = 0;
    if (at.y < 0) at.y = 0;
    return at;
}

static void draw(const struct view* view) {
    SDL_RenderClear(view->renderer);
    if (view->texture) {
        const SDL_Rect at = place(view);
        SDL_RenderCopy(view->renderer, view->texture, NULL, &at);
    }
    SDL_RenderPresent(view->renderer);
}

/* ---- frames */

static bool use_layout(struct view* view, const struct hvfb_layout* layout) {
    if (layout->format != HVFB_FORMAT_XRGB8888) {
        fprintf(stderr, "viewer: the display has the format 0x%08x, and this program knows XRGB8888 only\n",
                layout->format);
        return false;
    }
    if (view->texture && view->width == (int)layout->width && view->height == (int)layout->height)
        return true;
    if (view->texture) SDL_DestroyTexture(view->texture);
    view->width = (int)layout->width;
    view->height = (int)layout->height;
    view->texture = SDL_CreateTexture(view->renderer, SDL_PIXELFORMAT_RGB888, SDL_TEXTUREACCESS_STREAMING,
                                      view->width, view->height);
    if (view->texture) return true;
    fprintf(stderr, "viewer: cannot make a picture of %dx%d: %s\n", view->width, view->height,
            SDL_GetError());
    return false;
}

/* Takes what is new. False: it is to end. */
static bool take_frame(struct view* view) {
    struct hvfb_viewer_frame frame;
    const int result = hvfb_viewer_wait(view->viewer, 0, &frame);
    if (result == -ETIME) return true;
    if (result < 0) {
        /* A restart is not noticed. This daemon was stopped, or closed the view. The last picture stays. */
        fprintf(stderr, "viewer: %s; waiting for it\n", hvfb_strerror(result));
        SDL_SetWindowTitle(view->window, "hvfbd (waiting)");
        disconnect(view);
        return true;
    }
    struct hvfb_layout layout;
    hvfb_viewer_layout(view->viewer, &layout);
    if (!use_layout(view, &layout)) return false;
    const Uint8* pixels = hvfb_viewer_pixels(view->viewer);
    for (uint32_t i = 0; i < frame.count; ++i) {
        const struct hvfb_rect* from = &frame.rects[i];
        const SDL_Rect to = {(int)from->x, (int)from->y, (int)from->width, (int)from->height};
        SDL_UpdateTexture(view->texture, &to, pixels + (size_t)from->y * layout.stride + (size_t)from->x * 4,
                          (int)layout.stride);
    }
    draw(view);
    return true;
}

/* ---- the window */

/* As large as the display, where the screen is large enough. False: said why. */
static bool open_window(struct view* view) {
    struct hvfb_layout layout;
    hvfb_viewer_layout(view->viewer, &layout);
    SDL_Rect screen = {0, 0, 640, 480};
    SDL_GetDisplayUsableBounds(0, &screen);
    const int width = (int)layout.width < screen.w ? (int)layout.width : screen.w;
    const int height = (int)layout.height < screen.h ? (int)layout.height : screen.h;
    view->window = SDL_CreateWindow("hvfbd", SDL_WINDOWPOS_UNDEFINED, SDL_WINDOWPOS_UNDEFINED, width, height,
                                    SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI);
    if (view->window) view->renderer = SDL_CreateRenderer(view->window, -1, 0);
    if (view->renderer) return use_layout(view, &layout);
    fprintf(stderr, "viewer: cannot open a window: %s\n", SDL_GetError());
    return false;
}

static void press(struct view* view, SDL_Keycode key) {
    if (key == SDLK_a) view->actual_size = !view->actual_size;
    if (key == SDLK_f) {
        const bool full = SDL_GetWindowFlags(view->window) & SDL_WINDOW_FULLSCREEN_DESKTOP;
        SDL_SetWindowFullscreen(view->window, full ? 0 : SDL_WINDOW_FULLSCREEN_DESKTOP);
    }
    draw(view);
}

/* Returns the exit code. */
static int run(struct view* view) {
    enum { milliseconds_between_attempts = 500 };
    bool minimized = false; /* then nobody looks, and the daemon is to know that */
    for (;;) {
        SDL_Event event = {0};
        const bool waits_for_daemon = !view->viewer && !minimized;
        if (!SDL_WaitEventTimeout(&event, waits_for_daemon ? milliseconds_between_attempts : -1)) {
            char message[256];
            if (waits_for_daemon && connect_to_display(view, message, sizeof message) == 0)
                SDL_SetWindowTitle(view->window, "hvfbd");
        } else if (event.type == SDL_QUIT || (event.type == SDL_KEYDOWN && event.key.keysym.sym == SDLK_q)) {
            return 0;
        } else if (event.type == SDL_KEYDOWN) {
            press(view, event.key.keysym.sym);
        } else if (event.type == view->frame_event && view->viewer) {
            if (!take_frame(view)) return 1;
            if (view->viewer) SDL_SemPost(view->handled);
        } else if (event.type == SDL_WINDOWEVENT) {
            if (event.window.event == SDL_WINDOWEVENT_MINIMIZED) {
                minimized = true;
                disconnect(view);
            }
            if (event.window.event == SDL_WINDOWEVENT_RESTORED) minimized = false;
            draw(view);
        }
    }
}

int main(int argc, char** argv) {
    struct view view = {.actual_size = argc == 2 && strcmp(argv[1], "--actual-size") == 0};
    if (argc > 1 && !view.actual_size) {
        fprintf(stderr, "usage: %s [--actual-size]\n", argv[0]);
        return 2;
    }
    SDL_SetHint(SDL_HINT_RENDER_SCALE_QUALITY, "linear");
    /* Who only looks keeps no screen awake. */
    SDL_SetHint(SDL_HINT_VIDEO_ALLOW_SCREENSAVER, "1");
    if (SDL_Init(SDL_INIT_VIDEO) < 0) {
        fprintf(stderr, "viewer: cannot use a screen: %s; run it in a graphical session\n", SDL_GetError());
        return 1;
    }
    /* SDL draws into nothing where it finds no screen. */
    const char* driver = SDL_GetCurrentVideoDriver();
    if (!SDL_getenv("SDL_VIDEODRIVER") && driver &&
        (!strcmp(driver, "offscreen") || !strcmp(driver, "dummy"))) {
        fprintf(stderr,
                "viewer: there is no graphical session; a picture in a file: hvfbctl screenshot FILE\n");
        SDL_Quit();
        return 1;
    }
    view.frame_event = SDL_RegisterEvents(1);
    char message[256];
    int code = 1;
    if (connect_to_display(&view, message, sizeof message) < 0)
        fprintf(stderr, "viewer: %s\n", message);
    else if (open_window(&view))
        code = run(&view);
    disconnect(&view);
    if (view.texture) SDL_DestroyTexture(view.texture);
    if (view.renderer) SDL_DestroyRenderer(view.renderer);
    if (view.window) SDL_DestroyWindow(view.window);
    SDL_Quit();
    return code;
}
