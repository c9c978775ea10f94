// libhvfb in a program of 32 bits: tests/client/thirty-two-bits compiles and runs it. What is called of
// libsystemd there is called by nobody here. Prints what failed, and ends with 1.
#include <fcntl.h>
#include <hvfb/protocol.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <thread>

#include "surface.h"
#include "viewer.h"

static_assert(sizeof(void*) == 4);

namespace {

int failed = 0;

void expect(bool holds, const char* promise) {
    if (holds) return;
    std::printf("does not hold: %s\n", promise);
    failed = 1;
}

hvfb::Descriptor near_end;  // NOLINT: a plain function leaves it here
hvfb::Layout layout = {640, 480, 640 * 4, 0x34325258, 640 * 480 * 4};
bool sparse = false;

int connect(const hvfb::OpenOptions&, int, hvfb::Opened& opened) {
    opened.buffer = hvfb::Descriptor(memfd_create("shadow", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    // Also where off_t has 32 bits.
    if (ftruncate64(opened.buffer.get(), static_cast<off64_t>(layout.size)) < 0) return -errno;
    if (!sparse && posix_fallocate64(opened.buffer.get(), 0, static_cast<off64_t>(layout.size)) != 0)
        return -ENOMEM;
    fcntl(opened.buffer.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW);
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) return -errno;
    near_end = hvfb::Descriptor(ends[0]);
    opened.channel = hvfb::Descriptor(ends[1]);
    opened.layout = layout;
    return 0;
}

template <typename Body>
void send_body(std::uint32_t type, Body body) {
    body.header = {type, sizeof body};
    expect(send(near_end.get(), &body, sizeof body, MSG_NOSIGNAL) == sizeof body, "the daemon can send");
}

// Of this thread, nanoseconds.
hvfb::Nanoseconds processor_time() {
    timespec time = {};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<hvfb::Nanoseconds>(time.tv_sec) * 1'000'000'000 +
           static_cast<hvfb::Nanoseconds>(time.tv_nsec);
}

constexpr std::uint64_t second = 1'000'000;  // microseconds
constexpr std::uint64_t hundred_years = std::uint64_t{100} * 365 * 86400 * second, for_ever = UINT64_MAX;

void frames_are_waited_for() {
    hvfb_surface* surface = nullptr;
    expect(hvfb::open_surface(&surface, nullptr, connect) == 0, "a surface opens");
    if (!surface) return;
    std::uint64_t frame = 0;
    expect(hvfb_surface_request_frame(surface, &frame) == 0, "a frame is asked for");
    expect(hvfb_surface_wait_frame(surface, frame, 0, nullptr) == -ETIME, "no time is no wait");
    const hvfb::Nanoseconds before = hvfb::monotonic_now(), used = processor_time();
    expect(hvfb_surface_wait_frame(surface, frame, second / 20, nullptr) == -ETIME,
           "a time-out ends the wait");
    const hvfb::Nanoseconds took = hvfb::monotonic_now() - before;
    expect(took >= 50'000'000, "and not before its time");
    expect(processor_time() - used < took / 2, "and it sleeps until then");
    for (const std::uint64_t timeout : {hundred_years, for_ever}) {
        hvfb_surface_request_frame(surface, &frame);
        std::thread answers([frame] {
            // When the other thread waits, or is about to.
            poll(nullptr, 0, 20);
            send_body(HVFB_PRESENTED, hvfb_presented{{}, frame, std::uint64_t{1} << 40, 0, 0});
        });
        hvfb_presentation presented = {};
        const hvfb::Nanoseconds begun = hvfb::monotonic_now(), spent = processor_time();
        expect(hvfb_surface_wait_frame(surface, frame, timeout, &presented) == 0,
               "a long wait ends with the answer");
        expect(processor_time() - spent < (hvfb::monotonic_now() - begun) / 2, "and sleeps until then");
        expect(presented.time == std::uint64_t{1} << 40 && presented.shown == 1, "and has the time of it");
        answers.join();
    }
    hvfb_surface_close(surface);
}

void viewers_wait() {
    hvfb_viewer* viewer = nullptr;
    expect(hvfb::open_viewer(&viewer, nullptr, connect) == 0, "a viewer opens");
    if (!viewer) return;
    for (const std::uint64_t timeout : {hundred_years, for_ever}) {
        std::thread answers([] {
            poll(nullptr, 0, 20);
            send_body(HVFB_FRAME_READY, hvfb_frame_ready{{}, 7, 5, 0, 0});
        });
        expect(hvfb_viewer_wait(viewer, timeout, nullptr) == 0, "a viewer's long wait ends with the frame");
        answers.join();
    }
    hvfb_viewer_close(viewer);
}

void what_is_too_large_is_refused() {
    hvfb_surface* surface = nullptr;
    sparse = true;
    // Cut to 32 bits the second one would be a page.
    layout = {8192, 8192, 8192 * 40, 0x34325258, std::uint64_t{8192} * 40 * 8192};
    const int result = hvfb::open_surface(&surface, nullptr, connect);
    expect(result == -EOVERFLOW || result == -ENOMEM, "2.5 GB are refused");
    layout = {16, 16, 64, 0x34325258, (std::uint64_t{1} << 32) + 4096};
    expect(hvfb::open_surface(&surface, nullptr, connect) == -EOVERFLOW, "4 GB and a page are refused");
    expect(surface == nullptr, "and no surface is left");
}

}  // namespace

int main() {
    alarm(60);
    frames_are_waited_for();
    viewers_wait();
    what_is_too_large_is_refused();
    return failed;
}
