/* Draws a gradient, and waits until it is on the screen: cc hello.c $(pkg-config --cflags --libs hvfb) */
#include <hvfb/hvfb.h>
#include <stdio.h>

int main(void) {
    hvfb_surface* surface;
    int result = hvfb_surface_open(&surface, NULL);
    if (result < 0) {
        fprintf(stderr, "Cannot open a surface: %s\n", hvfb_strerror(result));
        return 1;
    }
    struct hvfb_layout layout;
    hvfb_surface_layout(surface, &layout);
    uint32_t* pixels = hvfb_surface_pixels(surface);
    for (uint32_t y = 0; y < layout.height; ++y)
        for (uint32_t x = 0; x < layout.width; ++x)
            pixels[y * layout.stride / 4 + x] = (x * 255 / layout.width) << 16 | (y * 255 / layout.height);

    uint64_t frame;
    struct hvfb_presentation presented;
    result = hvfb_surface_request_frame(surface, &frame);
    if (result == 0) result = hvfb_surface_wait_frame(surface, frame, 1000000, &presented);
    if (result == 0) puts(presented.shown ? "It is on the screen." : "Nobody is looking.");
    hvfb_surface_close(surface);
    return result < 0;
}
