#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>

#include <atomic>
#include <thread>

#include "surface_fixture.h"

namespace hvfb {
namespace {

TEST_F(SurfaceTest, leaves_a_child_private_pixels_and_calls_that_say_so) {
    surface = daemon.open();
    daemon.begin();
    hvfb_surface* other = daemon.open(HVFB_OPEN_UNTRACKED);
    pixels()[5] = 55;
    static_cast<std::uint32_t*>(hvfb_surface_pixels(other))[6] = 66;
    const auto child = [&] {
        hvfb_layout layout;
        const hvfb_rect rect = {0, 0, 1, 1};
        std::uint32_t* mine = pixels();
        bool good = mine[5] == 55 && static_cast<std::uint32_t*>(hvfb_surface_pixels(other))[6] == 66;
        mine[5] = 1;
        static_cast<std::uint32_t*>(hvfb_surface_pixels(other))[6] = 1;
        for (hvfb_surface* each : {surface, other})
            good =
                good && hvfb_surface_layout(each, &layout) == -ECHILD && hvfb_surface_fd(each) == -ECHILD &&
                hvfb_surface_dispatch(each) == -ECHILD && hvfb_surface_configure(each) == -ECHILD &&
                hvfb_surface_damage(each, nullptr, 0) == -ECHILD && hvfb_surface_begin(each) == -ECHILD &&
                hvfb_surface_end(each) == -ECHILD && hvfb_surface_request_frame(each, nullptr) == -ECHILD &&
                hvfb_surface_wait_frame(each, 1, 0, nullptr) == -ECHILD &&
                hvfb_surface_fill(each, &rect, 1) == -ECHILD &&
                hvfb_surface_copy(each, &rect, 1, 1) == -ECHILD &&
                hvfb_surface_blit(each, &rect, &rect, 4) == -ECHILD &&
                hvfb_surface_reconnect(each) == -ECHILD && hvfb_surface_error(each) == -ECHILD &&
                hvfb_surface_is_shown(each) == -ECHILD;
        // A child of the child keeps what it had.
        good = good && child_succeeds([&] { return mine[5] == 1; });
        hvfb_surface_close(other);
        hvfb_surface_close(surface);
        return good;
    };
    EXPECT_TRUE(child_succeeds(child));
    EXPECT_EQ(pixels()[5], 55u);
    EXPECT_EQ(static_cast<std::uint32_t*>(hvfb_surface_pixels(other))[6], 66u);
    hvfb_surface_close(other);
}

TEST_F(SurfaceTest, is_hung_up_when_its_program_goes_though_a_child_lives) {
    surface = daemon.open();
    int pipe_ends[2];
    ASSERT_EQ(pipe2(pipe_ends, O_CLOEXEC), 0);
    const Descriptor reading(pipe_ends[0]);
    Descriptor writing(pipe_ends[1]);
    const pid_t pid = fork();
    if (pid == 0) {
        writing.reset();
        char byte = 0;
        _exit(static_cast<int>(read(reading.get(), &byte, 1)));
    }
    hvfb_surface_close(surface);
    surface = nullptr;
    pollfd readable = {.fd = daemon.channel(), .events = POLLIN, .revents = 0};
    EXPECT_EQ(poll(&readable, 1, 5000), 1);
    EXPECT_TRUE(readable.revents & POLLHUP);
    writing.reset();
    waitpid(pid, nullptr, 0);
}

// Somebody else who holds the channel: a child that was made past the C library, or a table of descriptors of
// a thread's own, from unshare(2).
TEST_F(SurfaceTest, is_hung_up_when_it_is_closed_though_its_channel_is_held) {
    surface = daemon.open();
    const auto child = static_cast<pid_t>(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
    while (child == 0) syscall(SYS_ppoll, nullptr, 0, nullptr, nullptr, 0);
    hvfb_surface_close(surface);
    surface = nullptr;
    pollfd readable = {.fd = daemon.channel(), .events = POLLIN, .revents = 0};
    EXPECT_EQ(poll(&readable, 1, 5000), 1);
    EXPECT_TRUE(readable.revents & POLLHUP);
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
}

TEST_F(SurfaceTest, can_fork_while_other_threads_store_and_call) {
    surface = daemon.open();
    daemon.begin();
    std::atomic<bool> stop = false;
    std::thread caller([&] {
        while (!stop) hvfb_surface_damage(surface, nullptr, 0);
    });
    std::thread writer([&] {
        for (std::uint32_t i = 0; !stop; ++i) __atomic_store_n(pixels() + i % 256000, i, __ATOMIC_RELAXED);
    });
    std::thread reader([&] {
        while (!stop) daemon.receive(1);
    });
    for (int i = 0; i < 20; ++i)
        EXPECT_TRUE(child_succeeds([&] {
            pixels()[0] = 1;
            return hvfb_surface_damage(surface, nullptr, 0) == -ECHILD;
        }));
    stop = true;
    caller.join();
    writer.join();
    reader.join();
}

}  // namespace
}  // namespace hvfb
