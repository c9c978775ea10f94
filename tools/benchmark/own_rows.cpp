// Rows that are about hvfbd alone.
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <random>
#include <stdexcept>
#include <thread>

#include "latency.h"
#include "processor_time.h"
#include "rows.h"

namespace hvfbd::bench {

namespace {

void sleep_for(double seconds) {
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
}

pid_t this_thread() {
    return static_cast<pid_t>(syscall(SYS_gettid));
}

double longest_store(Workload& workload, const Canvas& canvas, double seconds) {
    Nanoseconds end = monotonic_now() + static_cast<Nanoseconds>(seconds * 1e9), longest = 0;
    std::mt19937 random(1);
    unsigned frame = 0;
    for (Nanoseconds now = monotonic_now(); now < end;) {
        // Stores one by one, then a frame: what waits for a fault is one of the former.
        for (int i = 0; i < 100; ++i) {
            auto x = static_cast<int>(random() % static_cast<unsigned>(canvas.width));
            auto y = static_cast<int>(random() % static_cast<unsigned>(canvas.height));
            Nanoseconds before = monotonic_now();
            *const_cast<volatile std::uint32_t*>(canvas.at(x, y)) = frame;
            now = monotonic_now();
            longest = std::max(longest, now - before);
        }
        workload.draw(canvas, frame++);
        sleep_for(0.005);
        now = monotonic_now();
    }
    return static_cast<double>(longest) / 1e6;
}

}  // namespace

std::vector<Verdict> rest(Tracked& tracked, double seconds) {
    tracked.settle();
    // Over the idle time-out, and the last comparison of writes that land late.
    sleep_for(6);
    // This thread's sleep is its own switch; the tracker's thread and the daemon have no reason for one.
    Switches daemon = switches_of(tracked.pid(), 0), client = switches_of(getpid(), this_thread());
    sleep_for(seconds);
    Switches daemon_after = switches_of(tracked.pid(), 0),
             client_after = switches_of(getpid(), this_thread());
    auto switches = static_cast<double>(daemon_after.voluntary - daemon.voluntary + client_after.voluntary -
                                        client.voluntary);
    auto time =
        static_cast<double>(daemon_after.running - daemon.running + client_after.running - client.running);
    std::string during = "in " + figure(seconds) + " s";
    return {{"1a", "context switches at rest, daemon and tracker", switches, 0, "", during},
            {"1b", "CPU time at rest, the same", time, 0, "ns", during},
            {"-", "the daemon's own memory", static_cast<double>(anonymous_memory_of(tracked.pid())) / 1e3, 8,
             "MB", "RssAnon"}};
}

std::vector<Verdict> latency(Tracked& tracked, Reference& reference, int changes) {
    std::mt19937 random(7);
    // Draws a box at rest, and returns how long it takes until it is told.
    auto change = [&](const Canvas& canvas, auto&& wait) {
        // At rest again: longer than the idle time-out, and not in step with anything.
        sleep_for(0.3 + static_cast<double>(random() % 50) / 1e3);
        Box box{static_cast<int>(random() % static_cast<unsigned>(canvas.width - 16)),
                static_cast<int>(random() % static_cast<unsigned>(canvas.height - 16)), 16, 16};
        Nanoseconds before = monotonic_now();
        canvas.fill(box, 0xff000000 | static_cast<std::uint32_t>(random()));
        if (!wait(box)) throw std::runtime_error("a change was not presented within a second");
        return static_cast<double>(monotonic_now() - before) / 1e6;
    };
    tracked.set("SettleDelayUSec", std::uint64_t{0});
    std::vector<double> told, reference_told;
    {
        Viewer viewer(tracked);
        while (viewer.wait(500'000)) continue;
        reference.measure_latency();
        for (int i = 0; i < changes; ++i) {
            told.push_back(change(tracked.canvas(), [&](Box) { return viewer.wait(1'000'000); }));
            while (viewer.wait(100'000)) continue;
            reference_told.push_back(change(reference.canvas(), [&](Box box) {
                reference.drawn(std::array{box});
                return reference.wait_until_presented(1000);
            }));
        }
    }
    tracked.set("SettleDelayUSec", std::uint64_t{1000});
    const double median = quantile(told, 0.5), other = quantile(reference_told, 0.5);
    return {{"4a", "16x16 after rest until presented / reference without its interval",
             Sample::ratio(median, other), 1.5, "",
             figure(median) + " / " + figure(other) + " ms, medians of " + std::to_string(changes) +
                 "; 99 % " + figure(quantile(told, 0.99)) + " / " + figure(quantile(reference_told, 0.99)) +
                 " ms"}};
}

std::vector<Verdict> completeness(const std::vector<Latency>& latencies) {
    std::vector<Verdict> verdicts;
    for (const Latency& latency : latencies) {
        if (latency.loaded || latency.settle_us != 1000 || latency.told_ms.empty()) continue;
        const double complete = 100.0 * latency.complete / static_cast<double>(latency.told_ms.size());
        verdicts.push_back({latency.whole ? "4c" : "4b",
                            std::string(latency.whole ? "the whole picture" : "400x300") +
                                " after rest, SettleDelay 1 ms: first frames that are complete",
                            complete, 90, "%", "of " + std::to_string(latency.told_ms.size()), true});
    }
    return verdicts;
}

std::vector<Verdict> hidden(Tracked& tracked, Workload& workload) {
    workload.prepare(tracked.canvas());
    // The memory output is hidden when its last viewer has gone.
    { Viewer viewer(tracked); }
    sleep_for(0.5);
    unsigned frame = 0;
    workload.draw(tracked.canvas(), frame++);  // opens what was protected last
    auto before = tracked.statistics();
    Switches client = switches_of(getpid(), this_thread());
    std::uint64_t faults = faults_of_this_thread();
    for (int i = 0; i < 60; ++i) {
        workload.draw(tracked.canvas(), frame++);
        sleep_for(1.0 / 60);
    }
    std::uint64_t faults_after = faults_of_this_thread();
    Switches client_after = switches_of(getpid(), this_thread());
    auto after = tracked.statistics();
    auto counted = [&](const char* key) { return static_cast<double>(after[key] - before[key]); };
    tracked.set("WhenHidden", std::string("ignore"));
    std::vector<Verdict> verdicts = {
        {"10a", "hidden: messages", counted("announcements") + counted("collections") + counted("frames"), 0,
         "", ""},
        {"10b", "hidden: bytes copied", counted("bytes_copied"), 0, "", ""},
        {"10c", "hidden: faults", static_cast<double>(faults_after - faults), 0, "", ""},
        {"10d", "hidden: wake-ups of the tracker, so its system calls",
         static_cast<double>(client_after.voluntary - client.voluntary), 0, "", ""}};
    return verdicts;
}

std::vector<Verdict> stopped(Tracked& tracked, Workload& workload) {
    workload.prepare(tracked.canvas());
    tracked.signal(SIGSTOP);
    double longest = longest_store(workload, tracked.canvas(), 2);
    tracked.signal(SIGCONT);
    tracked.settle();
    tracked.signal(SIGKILL);
    double killed = longest_store(workload, tracked.canvas(), 2);
    return {{"11a", "daemon stopped: the longest store", longest, 10, "ms", "in 2 s"},
            {"11b", "daemon killed: the longest store", killed, 10, "ms", "in 2 s"}};
}

}  // namespace hvfbd::bench
