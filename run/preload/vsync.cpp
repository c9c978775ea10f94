#include "run/preload/vsync.h"

#include <atomic>

#include "run/preload/monotonic.h"
#include "run/preload/screen_lock.h"

namespace fbdev::preload {
namespace {

// Threads that wait for a frame of the surface.
constinit std::atomic<unsigned> waiting{0};

}  // namespace

void await_no_frame_waiters() {
    while (waiting.load() > 0) sleep_until(monotonic_now() + millisecond);
}

void frame_waiters_in_child() {
    waiting = 0;
}

void wait_for_vsync() {
    static constinit std::atomic<std::uint64_t> last{0};
    constexpr std::uint64_t longest = 50 * millisecond, shortest = 10 * millisecond;
    const std::uint64_t start = monotonic_now();
    const std::uint64_t before = last.load();
    bool shown = false;
    {
        // Whoever closes the surface waits for this thread.
        const Undisturbed undisturbed;
        hvfb_surface* surface = nullptr;
        const LibHvfb* library = nullptr;
        std::uint64_t frame = 0;
        {
            const ScreenLock screen;
            if (screen && screen->surface() &&
                screen->library()->request_frame(screen->surface(), &frame) == 0) {
                surface = screen->surface();
                library = screen->library();
                ++waiting;
            }
        }
        if (surface) {
            hvfb_presentation presented{};
            shown = library->wait_frame(surface, frame, longest / 1000, &presented) == 0 && presented.shown;
            --waiting;
        }
    }
    // A program that draws at each tick draws no faster where nothing is shown, or nothing was drawn.
    const std::uint64_t earliest = (before > start ? start : before) + (shown ? shortest : longest);
    const std::uint64_t until = earliest < start + longest ? earliest : start + longest;
    if (monotonic_now() < until) sleep_until(until);
    last = monotonic_now();
}

}  // namespace fbdev::preload
