#pragma once

#include <gtest/gtest.h>
#include <poll.h>

#include <cstdlib>

#include "scripted_daemon.h"
#include "tracking/mutation.h"

namespace hvfb {

// A tracked surface whose daemon is the test.
struct TrackerTest : testing::Test {
    ScriptedDaemon daemon;
    hvfb_surface* surface = nullptr;

    // Whether something is left open must not depend on what a report costs here.
    TrackerTest() { prices_instead = Prices{}; }
    ~TrackerTest() override {
        prices_instead.reset();
        hvfb_surface_close(surface);
        unsetenv("HVFB_FEATURES");
    }
    void open(const char* features = "") {
        setenv("HVFB_FEATURES", features, 1);
        surface = daemon.open();
    }
    std::uint32_t* pixels() { return static_cast<std::uint32_t*>(hvfb_surface_pixels(surface)); }
    void store(std::uint32_t page, std::uint32_t value = 1) {
        __atomic_store_n(pixels() + page * 1024, value, __ATOMIC_RELAXED);
    }
    bool told(int event) {
        pollfd readable = {.fd = hvfb_surface_fd(surface), .events = POLLIN, .revents = 0};
        while (poll(&readable, 1, 5000) == 1)
            if (hvfb_surface_dispatch(surface) & event) return true;
        return false;
    }
};

}  // namespace hvfb
