#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/descriptor.h"
#include "base/event_loop.h"
#include "base/layout.h"
#include "base/time.h"
#include "clients/client.h"
#include "display/display_settings.h"
#include "output/output.h"
#include "processes.h"
#include "restart/descriptor_store.h"

namespace hvfbd::testing {

// Of the pixels of a picture, so that two processes can tell that they see the same.
std::uint64_t sum_of(const void* pixels, std::uint32_t width, std::uint32_t height, std::uint32_t stride);

// A daemon in a process of its own, without a bus: the display on a fake output that keeps a host picture
// (updated only inside submitted rectangles). It can be stopped and killed. Make it before the test has
// threads.
class DaemonProcess {
  public:
    // `managed`: under a service manager of its own, which starts it anew whenever it ends, and stores its
    // descriptors.
    enum class Kind { alone, managed };
    explicit DaemonProcess(Mode mode, std::uint32_t stride = 0, Kind kind = Kind::alone,
                           unsigned displays = 1);
    // The same on the Hyper-V output, whose host listens at `path`; its timeouts are short. What the host
    // shows is to be asked of the host; set_visible() and refuse() are the host's to do.
    // How long one may read nothing before a new session is begun.
    static constexpr std::chrono::milliseconds host_timeout{500};
    struct SimulatedHost {
        std::string path;
        bool assume_visible = true;
        std::uint32_t rectangles_per_message = 1;
        Kind kind = Kind::alone;
    };
    explicit DaemonProcess(const SimulatedHost& host);
    DaemonProcess(const DaemonProcess&) = delete;
    DaemonProcess& operator=(const DaemonProcess&) = delete;
    ~DaemonProcess();

    // What is asked from now on is asked of this display; display0 at first.
    void turn_to(unsigned display) { display_ = display; }

    struct Opened {
        Descriptor buffer, channel;
        Layout layout;
    };
    Opened open(bool explicit_damage = false, bool keep = false, const std::string& name = "test",
                const std::optional<Layout>& layout = {}, Layer layer = Layer::normal);
    void activate(unsigned number);

    void set_visible(bool visible);
    void change_settings(const DisplaySettings& settings);
    void set_mode(Mode mode);
    // The next presents are refused.
    void refuse(std::uint32_t presents);

    // What differs between the four pictures, in pixels.
    struct Difference {
        std::uint64_t front_shadow = 0, scanout_front = 0, host_front = 0;
        std::uint64_t front_sum = 0;  // sum_of() what is in front
        bool none() const { return front_shadow == 0 && scanout_front == 0 && host_front == 0; }
    };
    // Waits until nothing differs, at most `within`. What then still differs, if anything does.
    // A busy machine with a sanitizer has taken three seconds.
    Difference await_equal(Duration within = std::chrono::seconds(30));

    struct Counters {
        std::uint64_t dispatches, frames, pixels_told, bytes_copied, faults, scans, voluntary_switches,
            surfaces, viewers, refresh_limit;
    };
    Counters counters();

    pid_t pid() const { return shared_ ? shared_->pid.load() : pid_; }
    void signal(int number);
    void kill();  // SIGKILL, and waited for

    // ---- managed only
    // Ends it by this signal; returns when it has ended. What is asked of it next the next process answers.
    void end_by(int number);
    // As `systemctl stop` and `start`: between the two nothing runs, and stop empties the store.
    void stop_for_good();
    void start_again();
    std::uint64_t stored() const { return shared_->stored.load(); }  // when the last process began

    Opened view();

  private:
    struct Request;
    struct Answer;
    // What the test's process and the manager's both see.
    struct Managed {
        std::atomic<pid_t> pid{0};
        std::atomic<std::uint64_t> stored{0};
        std::atomic<bool> wanted{true};
    };
    Answer ask(Request request, Opened* opened = nullptr);
    using MakeOutput =
        std::function<std::unique_ptr<Output>(EventLoop& loop, const RestoredOutput* restored)>;
    void start(const MakeOutput& make_output, Kind kind);
    [[noreturn]] void serve(Descriptor control, const MakeOutput& make_output, DescriptorStore store) const;
    [[noreturn]] void manage(const Descriptor& control, const MakeOutput& make_output, Managed& shared) const;

    unsigned displays_ = 1, display_ = 0;
    Shared<Managed> shared_;
    Descriptor control_;
    pid_t pid_ = -1;
};

}  // namespace hvfbd::testing
