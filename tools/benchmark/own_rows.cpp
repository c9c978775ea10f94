// Rows that are about hvfbd alone.
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
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

std::vector<Verdict> latency(Tracked& tracked, const std::string&, int changes) {
    tracked.set("SettleDelayUSec", std::uint64_t{0});
    std::vector<double> told;
    {
        Viewer viewer(tracked);
        while (viewer.wait(500'000)) continue;
        std::mt19937 random(7);
        const Canvas& canvas = tracked.canvas();
        for (int i = 0; i < changes; ++i) {
            // At rest again: longer than the idle time-out, and not in step with anything.
            sleep_for(0.3 + static_cast<double>(random() % 50) / 1e3);
            Box box{static_cast<int>(random() % static_cast<unsigned>(canvas.width - 16)),
                    static_cast<int>(random() % static_cast<unsigned>(canvas.height - 16)), 16, 16};
            Nanoseconds before = monotonic_now();
            canvas.fill(box, 0xff000000 | static_cast<std::uint32_t>(random()));
            if (!viewer.wait(1'000'000))
                throw std::runtime_error("a change was not presented within a second");
            told.push_back(static_cast<double>(monotonic_now() - before) / 1e6);
            while (viewer.wait(100'000)) continue;
        }
    }
    tracked.set("SettleDelayUSec", std::uint64_t{1000});
    std::string of = "of " + std::to_string(changes) + ", until a viewer's thread has it; longest " +
                     figure(quantile(told, 1)) + " ms";
    return {{"4a", "16x16 after rest until presented, median", quantile(told, 0.5), 0.3, "ms", of},
            {"4b", "the same, 99 %", quantile(told, 0.99), 1, "ms", ""}};
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
        {"11a", "hidden: messages", counted("announcements") + counted("collections") + counted("frames"), 0,
         "", ""},
        {"11b", "hidden: bytes copied", counted("bytes_copied"), 0, "", ""},
        {"11c", "hidden: faults", static_cast<double>(faults_after - faults), 0, "", ""},
        {"11d", "hidden: the tracker's context switches",
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
    return {{"12a", "daemon stopped: the longest store", longest, 10, "ms", "in 2 s"},
            {"12b", "daemon killed: the longest store", killed, 10, "ms", "in 2 s"}};
}

}  // namespace hvfbd::bench
