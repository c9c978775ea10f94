#include "latency.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>

#include <csignal>
#include <cstring>
#include <random>
#include <stdexcept>
#include <thread>

#include "hvfbctl/table.h"
#include "match.h"
#include "verdict.h"

namespace hvfbd::bench {

using namespace std::chrono_literals;

namespace {

// Processes that do nothing but run, one for each processor.
class Load {
  public:
    explicit Load(unsigned processors) {
        for (unsigned i = 0; i < processors; ++i) {
            pid_t pid = fork();
            if (pid == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL);
                for (volatile unsigned spin = 0;;) spin = spin + 1;
            }
            if (pid > 0) pids_.push_back(pid);
        }
    }
    Load(const Load&) = delete;
    Load& operator=(const Load&) = delete;
    ~Load() {
        for (pid_t pid : pids_) {
            kill(pid, SIGKILL);
            waitpid(pid, nullptr, 0);
        }
    }

  private:
    std::vector<pid_t> pids_;
};

Latency measure(Tracked& tracked, std::uint64_t settle_us, bool loaded, bool whole, int changes) {
    Latency latency{settle_us, loaded, whole, {}, 0};
    tracked.set("SettleDelayUSec", settle_us);
    Viewer viewer(tracked);
    while (viewer.wait(500'000)) continue;
    Load load(loaded ? std::thread::hardware_concurrency() : 0);
    // What is drawn again in the same colour changes nothing.
    std::mt19937 random(static_cast<unsigned>(settle_us) + (loaded ? 1 : 2));
    const Canvas& canvas = tracked.canvas();
    for (int i = 0; i < changes; ++i) {
        // At rest again: longer than the idle time-out, and not in step with anything.
        std::this_thread::sleep_for(300ms + std::chrono::milliseconds(random() % 50));
        Box box{static_cast<int>(random() % static_cast<unsigned>(canvas.width - 400)),
                static_cast<int>(random() % static_cast<unsigned>(canvas.height - 300)), 400, 300};
        if (whole) box = {0, 0, canvas.width, canvas.height};
        Nanoseconds before = monotonic_now();
        canvas.fill(box, 0xff000000 | static_cast<std::uint32_t>(random()));
        if (!viewer.wait(5'000'000))
            throw std::runtime_error("a change was not presented within five seconds: SettleDelay " +
                                     std::to_string(settle_us) + " us, " + (loaded ? "busy" : "idle") +
                                     ", change " + std::to_string(i));
        latency.told_ms.push_back(static_cast<double>(monotonic_now() - before) / 1e6);
        if (viewer.shows(canvas, box)) ++latency.complete;
        while (viewer.wait(100'000)) continue;
    }
    return latency;
}

}  // namespace

Viewer::Viewer(Tracked& tracked) {
    hvfb_open_options options = tracked.open_options();
    if (int error = hvfb_viewer_open(&viewer_, &options); error < 0)
        throw std::runtime_error(std::string("cannot open a viewer: ") + std::strerror(-error));
}

bool Viewer::wait(std::uint64_t timeout_us) {
    hvfb_viewer_frame frame{};
    return hvfb_viewer_wait(viewer_, timeout_us, &frame) >= 0;
}

bool Viewer::shows(const Canvas& canvas, Box box) const {
    hvfb_layout layout{};
    hvfb_viewer_layout(viewer_, &layout);
    const auto* front = static_cast<const std::byte*>(hvfb_viewer_pixels(viewer_));
    for (int y = box.y; y < box.y + box.height; ++y)
        if (std::memcmp(
                front + static_cast<std::size_t>(y) * layout.stride + static_cast<std::size_t>(box.x) * 4,
                canvas.at(box.x, y), static_cast<std::size_t>(box.width) * 4) != 0)
            return false;
    return true;
}

std::vector<Latency> latencies(Tracked& tracked, int changes) {
    std::vector<Latency> all;
    for (bool loaded : {false, true})
        for (std::uint64_t settle : std::array<std::uint64_t, 4>{0, 200, 1000, 5000})
            all.push_back(measure(tracked, settle, loaded, false, changes));
    all.push_back(measure(tracked, 1000, false, true, changes));
    tracked.set("SettleDelayUSec", std::uint64_t{1000});
    return all;
}

void print(const std::vector<Latency>& latencies, std::ostream& out) {
    using enum hvfbctl::Table::Align;
    hvfbctl::Table table({right, right, left, right, right, right, right});
    table.add(
        {"drawn", "SettleDelay us", "processors", "median ms", "99 %", "longest", "first frame complete"});
    for (const Latency& latency : latencies) {
        std::size_t changes = std::max<std::size_t>(latency.told_ms.size(), 1);
        table.add({latency.whole ? "all" : "400x300", std::to_string(latency.settle_us),
                   latency.loaded ? "busy" : "idle", figure(quantile(latency.told_ms, 0.5)),
                   figure(quantile(latency.told_ms, 0.99)), figure(quantile(latency.told_ms, 1)),
                   figure(100.0 * latency.complete / static_cast<double>(changes)) + " %"});
    }
    table.print(out, "  ");
}

}  // namespace hvfbd::bench
