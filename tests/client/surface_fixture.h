#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

#include "scripted_daemon.h"

namespace hvfb {

// A surface whose daemon is the test.
struct SurfaceTest : testing::Test {
    ScriptedDaemon daemon;
    hvfb_surface* surface = nullptr;

    ~SurfaceTest() override { hvfb_surface_close(surface); }
    std::uint32_t* pixels() { return static_cast<std::uint32_t*>(hvfb_surface_pixels(surface)); }
    bool told(int event) {
        pollfd readable = {.fd = hvfb_surface_fd(surface), .events = POLLIN, .revents = 0};
        while (poll(&readable, 1, 5000) == 1)
            if (hvfb_surface_dispatch(surface) & event) return true;
        return false;
    }
    hvfb_rect damaged() {
        const auto packet = daemon.next(HVFB_DAMAGED);
        if (!packet || packet->as<hvfb_damaged>().kind != HVFB_DAMAGED_RECTANGLES) return {};
        const auto rects = packet->rest<hvfb_damaged, hvfb_rect>();
        return rects.size() == 1 ? rects[0] : hvfb_rect{};
    }
};

inline bool operator==(const hvfb_rect& a, const hvfb_rect& b) {
    return std::memcmp(&a, &b, sizeof a) == 0;
}

// What a child does, and whether it exits with 0.
template <typename Child>
bool child_succeeds(Child child) {
    const pid_t pid = fork();
    if (pid == 0) _exit(child() ? 0 : 1);
    int status = 0;
    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace hvfb
