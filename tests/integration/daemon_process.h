#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/descriptor.h"
#include "base/event_loop.h"
#include "base/layout.h"
#include "base/time.h"
#include "output/output.h"
#include "pacing/tuning.h"

namespace hvfbd::testing {

// A daemon in a process of its own, without a bus: the pipeline on a fake output that keeps a host picture
// (updated only inside told rectangles). It can be stopped and killed. Make it before the test has threads.
class DaemonProcess {
  public:
    explicit DaemonProcess(Mode mode, std::uint32_t stride = 0);
    // The same on the Hyper-V output, whose host listens at `path`; its patience is short. What the host
    // shows is to be asked of the host; set_visible() and refuse() are the host's to do.
    struct SimulatedHost {
        std::string path;
        bool assume_visible = true;
        std::uint32_t rectangles_per_message = 1;
    };
    explicit DaemonProcess(const SimulatedHost& host);
    DaemonProcess(const DaemonProcess&) = delete;
    DaemonProcess& operator=(const DaemonProcess&) = delete;
    ~DaemonProcess();

    struct Opened {
        Descriptor buffer, channel;
        Layout layout;
    };
    Opened open(bool explicit_damage = false);

    void set_visible(bool visible);
    void set_tuning(const Tuning& tuning);
    void set_mode(Mode mode);
    // The next presents are refused.
    void refuse(std::uint32_t presents);

    // What differs between the four pictures, in pixels.
    struct Difference {
        std::uint64_t front_shadow = 0, scanout_front = 0, host_front = 0;
        bool none() const { return front_shadow == 0 && scanout_front == 0 && host_front == 0; }
    };
    // Waits until nothing differs, at most `within`. What then still differs, if anything does.
    Difference await_equal(Duration within = std::chrono::seconds(3));

    struct Counters {
        std::uint64_t turns, frames, pixels_told, bytes_copied, faults, scans, voluntary_switches;
    };
    Counters counters();

    pid_t pid() const { return pid_; }
    void signal(int number);
    void kill();  // SIGKILL, and waited for

  private:
    struct Request;
    struct Answer;
    Answer ask(const Request& request, Opened* opened = nullptr);
    using MakeOutput = std::function<std::unique_ptr<Output>(EventLoop& loop)>;
    void start(const MakeOutput& make_output);
    [[noreturn]] static void serve(Descriptor control, const MakeOutput& make_output);

    Descriptor control_;
    pid_t pid_ = -1;
};

}  // namespace hvfbd::testing
