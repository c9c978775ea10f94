#pragma once

#include <gtest/gtest.h>
#include <hvfb/hvfb.h>
#include <poll.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

#include "daemon_process.h"
#include "surface.h"
#include "viewer.h"

namespace hvfbd::testing {

// A surface of libhvfb whose daemon was reached without a bus.
class AdoptedSurface {
  public:
    explicit AdoptedSurface(DaemonProcess::Opened opened) {
        pending() = &opened;
        EXPECT_EQ(hvfb::open_surface(&surface_, nullptr, connect), 0);
        hvfb_surface_layout(surface_, &layout_);
    }
    AdoptedSurface(const AdoptedSurface&) = delete;
    AdoptedSurface& operator=(const AdoptedSurface&) = delete;
    ~AdoptedSurface() { hvfb_surface_close(surface_); }

    hvfb_surface* get() const { return surface_; }
    std::uint32_t* pixels() const { return static_cast<std::uint32_t*>(hvfb_surface_pixels(surface_)); }
    const hvfb_layout& layout() const { return layout_; }

    // Takes the buffer of the new mode, if there is one. The old pixels are gone then.
    void take_mode() {
        if (hvfb_surface_dispatch(surface_) & HVFB_EVENT_CONFIGURE) {
            // A daemon that was started again may have offered what was taken a moment later.
            const int result = hvfb_surface_configure(surface_);
            EXPECT_TRUE(result == 0 || result == -EAGAIN) << result;
        }
        hvfb_surface_layout(surface_, &layout_);
    }

    // Waits until one of these events has come, at most so long. 0: just that long.
    bool await_event(int events, Duration within) {
        Time end = clock_now() + within;
        for (;;) {
            if (hvfb_surface_dispatch(surface_) & events) return true;
            Duration left = end - clock_now();
            if (left <= Duration::zero()) return false;
            pollfd ready{events ? hvfb_surface_fd(surface_) : -1, POLLIN, 0};
            ::poll(&ready, 1, static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(left).count()));
        }
    }

    // Voluntary context switches of all threads of the library in this process.
    static std::uint64_t tracker_switches() {
        std::uint64_t switches = 0;
        for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
            std::string name;
            std::getline(std::ifstream(task.path() / "comm"), name);
            if (name.rfind("hvfb-tracker", 0) != 0) continue;
            std::ifstream status(task.path() / "status");
            for (std::string line; std::getline(status, line);)
                if (line.rfind("voluntary_ctxt_switches:", 0) == 0) switches += std::stoull(line.substr(24));
        }
        return switches;
    }

    // The same, once they sleep: what the program has heard may have its thread still on the way there.
    std::uint64_t tracker_switches_asleep() {
        for (;;) {
            const std::uint64_t switches = tracker_switches();
            await_event(0, std::chrono::milliseconds(50));
            if (tracker_switches() == switches) return switches;
        }
    }

  private:
    // open_surface() takes a plain function, so what it shall find is left here for it.
    static DaemonProcess::Opened*& pending() {
        static thread_local DaemonProcess::Opened* opened = nullptr;
        return opened;
    }
    static int connect(const hvfb::OpenOptions&, int, hvfb::Opened& opened) {
        DaemonProcess::Opened& from = *pending();
        opened.buffer = hvfb::Descriptor(from.buffer.release());
        opened.channel = hvfb::Descriptor(from.channel.release());
        opened.layout = {from.layout.width, from.layout.height, from.layout.stride, from.layout.format,
                         from.layout.size};
        return 0;
    }

    hvfb_surface* surface_ = nullptr;
    hvfb_layout layout_{};
};

// The same of a viewer.
class AdoptedViewer {
  public:
    explicit AdoptedViewer(DaemonProcess::Opened opened) {
        pending() = &opened;
        EXPECT_EQ(hvfb::open_viewer(&viewer_, nullptr, connect), 0);
    }
    AdoptedViewer(const AdoptedViewer&) = delete;
    AdoptedViewer& operator=(const AdoptedViewer&) = delete;
    ~AdoptedViewer() { hvfb_viewer_close(viewer_); }

    hvfb_viewer* get() const { return viewer_; }

  private:
    static DaemonProcess::Opened*& pending() {
        static thread_local DaemonProcess::Opened* opened = nullptr;
        return opened;
    }
    static int connect(const hvfb::OpenOptions&, int, hvfb::Opened& opened) {
        DaemonProcess::Opened& from = *pending();
        opened.buffer = hvfb::Descriptor(from.buffer.release());
        opened.channel = hvfb::Descriptor(from.channel.release());
        opened.layout = {from.layout.width, from.layout.height, from.layout.stride, from.layout.format,
                         from.layout.size};
        return 0;
    }

    hvfb_viewer* viewer_ = nullptr;
};

}  // namespace hvfbd::testing
