#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <ostream>
#include <thread>

#include "descriptor.h"
#include "monotonic.h"
#include "random_words.h"
#include "scripted_daemon.h"
#include "tracking/mutation.h"

namespace hvfb {
namespace {

constexpr std::uint64_t never = 3'600'000'000'000;

// A daemon that collects when damage is announced, compares what is reported with front, and copies what
// differs.
class CollectingDaemon {
  public:
    explicit CollectingDaemon(ScriptedDaemon& daemon)
        : daemon_(daemon), front_(static_cast<std::size_t>(daemon.layout.size)) {
        thread_ = std::thread([this] { run(); });
    }
    ~CollectingDaemon() {
        stop_ = true;
        thread_.join();
    }

    // While hidden it does not collect, for that would make good what the tracker forgets.
    void set_shown(bool shown, std::uint32_t tracking, std::uint64_t idle_timeout) {
        {
            const std::lock_guard lock(mutex_);
            shown_ = shown;
            if (!shown) damaged_ = unprotected_ = false;
        }
        daemon_.send_state(shown ? tracking : std::uint32_t{HVFB_TRACKING_OFF}, idle_timeout);
    }
    // Whether front becomes equal to the shadow, which nobody stores into any more.
    bool becomes_equal() {
        std::unique_lock lock(mutex_);
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(3);
        return turned_.wait_until(lock, deadline, [this] {
            return std::memcmp(front_.data(), daemon_.shadow(), front_.size()) == 0;
        });
    }
    std::atomic<int> collections = 0, states = 0;  // the latter one bit a state

  private:
    void run() {
        hvfbd::testing::RandomWords random(1);
        std::uint64_t serial = 100;
        bool collecting = false;
        while (!stop_) {
            bool due = false;
            {
                const std::lock_guard lock(mutex_);
                due = shown_ && !collecting && (damaged_ || unprotected_);
                if (due) damaged_ = false;
            }
            if (due) {
                if (!differed_.empty()) daemon_.send_compared(serial, differed_);
                differed_.clear();
                daemon_.send(HVFB_COLLECT, hvfb_collect{{}, ++serial});
                collecting = true;
            }
            const auto packet = daemon_.receive(static_cast<int>(random() % 2));
            const std::lock_guard lock(mutex_);
            if (packet && packet->type() == HVFB_DAMAGED) damaged_ = shown_;
            if (packet && packet->type() == HVFB_WRITTEN) {
                collecting = false;
                compare(*packet);
            }
            turned_.notify_all();
        }
    }
    void compare(const ScriptedDaemon::Packet& packet) {
        const ScriptedDaemon::Written written = {packet.as<hvfb_written>(),
                                                 packet.rest<hvfb_written, hvfb_page_range>()};
        unprotected_ = shown_ && written.unprotected();
        states |= 1 << written.state();
        ++collections;
        const auto compare = [this](std::uint32_t page) {
            std::byte* front = front_.data() + page * 4096;
            const std::byte* shadow = daemon_.shadow() + page * 4096;
            if (std::memcmp(front, shadow, 4096) == 0) return;
            std::memcpy(front, shadow, 4096);
            differed_.push_back({page, 1});
        };
        if (written.everything())
            for (std::uint32_t page = 0; page < daemon_.pages(); ++page) compare(page);
        for (const auto& range : written.pages)
            for (std::uint32_t page = range.first; page < range.first + range.count; ++page) compare(page);
    }

    ScriptedDaemon& daemon_;
    std::vector<std::byte> front_;
    std::vector<hvfb_page_range> differed_;
    std::mutex mutex_;
    std::condition_variable turned_;
    bool shown_ = true, damaged_ = false, unprotected_ = false;
    std::atomic<bool> stop_ = false;
    std::thread thread_;
};

struct Way {
    const char* name;
    const char* features;
    std::uint32_t tracking;
    std::uint64_t idle_timeout;
    int states;            // that it is in at some time: one bit each
    bool granted = false;  // a program that may not make a userfaultfd has one of the daemon
};

void PrintTo(const Way& way, std::ostream* stream) {
    *stream << way.name;
}

struct Race : testing::TestWithParam<Way> {
    ~Race() override {
        hook = nullptr;
        mutation = Mutation::none;
        unsetenv("HVFB_FEATURES");
    }
};

void store_at_random(std::uint32_t* pixels, std::size_t count, unsigned seed) {
    hvfbd::testing::RandomWords random(seed);
    const std::size_t home = random() % (count - 65536);
    const unsigned kind = random() % 4, bursts = 1 + random() % 8;
    for (unsigned burst = 0; burst < bursts; ++burst) {
        for (unsigned i = 0, stores = 1 + random() % 400; i < stores; ++i) {
            const std::size_t at = kind == 0   ? random() % count
                                   : kind == 1 ? home + random() % 65536
                                   : kind == 2 ? home + random() % 64
                                               : (std::size_t{i} * 1024 + random() % 1024) % count;
            __atomic_store_n(pixels + at, random(), __ATOMIC_RELAXED);
        }
        const Nanoseconds until = monotonic_now() + random() % 1'000'000;
        while (monotonic_now() < until) std::this_thread::yield();
    }
}

// Slows the tracker down where it matters.
void linger(HookPoint) {
    static thread_local hvfbd::testing::RandomWords random(5);
    if (random() % 3) return;
    const Nanoseconds until = monotonic_now() + random() % 60'000;
    while (monotonic_now() < until) continue;
}

// `device`: /dev/userfaultfd, for a program that gets it from the daemon, or -1.
void race(const Way& way, int device) {
    setenv("HVFB_FEATURES", way.features, 1);
    hook = linger;
    ScriptedDaemon script;
    hvfb_surface* surface = script.open();
    if (device >= 0) {
        EXPECT_TRUE(script.hello_flags & HVFB_HELLO_WANTS_USERFAULTFD);
        script.send(HVFB_USERFAULTFD, hvfb_userfaultfd{}, nullptr, 0, device);
    }
    hvfbd::testing::RandomWords random(3);
    int lost = 0, checks = 0;
    {
        CollectingDaemon daemon(script);
        daemon.set_shown(true, way.tracking, way.idle_timeout);
        auto* pixels = static_cast<std::uint32_t*>(hvfb_surface_pixels(surface));
        const Nanoseconds end = monotonic_now() + 900'000'000;
        // A machine where a fault is dear takes longer for as many.
        while (monotonic_now() < end || checks <= 10) {
            std::vector<std::thread> writers;
            for (unsigned i = 0, count = 1 + random() % 3; i < count; ++i)
                writers.emplace_back(store_at_random, pixels, script.layout.size / 4, random());
            if (random() % 4 == 0) daemon.set_shown(false, way.tracking, way.idle_timeout);
            for (auto& writer : writers) writer.join();
            daemon.set_shown(true, way.tracking, way.idle_timeout);
            ++checks;
            lost += !daemon.becomes_equal();
            if (lost > 0) break;
        }
        testing::Test::RecordProperty("checks", checks);
        testing::Test::RecordProperty("collections", daemon.collections.load());
        testing::Test::RecordProperty("states", daemon.states.load());
        EXPECT_EQ(daemon.states & way.states, way.states);
    }
    EXPECT_EQ(lost, 0);
    EXPECT_GT(checks, 10);
    hvfb_surface_close(surface);
}

TEST_P(Race, loses_no_store) {
    if (!GetParam().granted) return race(GetParam(), -1);
    const Descriptor device(open("/dev/userfaultfd", O_RDWR | O_CLOEXEC));
    ASSERT_TRUE(device) << "the test needs root, and Linux 6.1";
    const pid_t pid = fork();
    if (pid == 0) {
        constexpr uid_t nobody = 65534;
        // Not dumpable it could not open its own pagemap.
        EXPECT_TRUE(setuid(nobody) == 0 && prctl(PR_SET_DUMPABLE, 1) == 0);
        race(GetParam(), device.get());
        _exit(HasFailure() ? 1 : 0);
    }
    int status = 0;
    EXPECT_EQ(waitpid(pid, &status, 0), pid);
    EXPECT_EQ(status, 0);
}

constexpr int resting = 1 << HVFB_TRACKER_RESTING, scanning = 1 << HVFB_TRACKER_SCANNING,
              comparing = 1 << HVFB_TRACKER_COMPARING, polled = 1 << HVFB_TRACKER_POLLED;
constexpr std::uint64_t soon = 2'000'000;
// In each of them it is off as well, while it is not shown.
INSTANTIATE_TEST_SUITE_P(
    Tracker, Race,
    testing::Values(Way{"everything", "", HVFB_TRACKING_AUTO, soon, resting | scanning},
                    Way{"everything_and_never_idle", "", HVFB_TRACKING_AUTO, never, resting | scanning},
                    Way{"granted", "", HVFB_TRACKING_AUTO, soon, resting | scanning, true},
                    Way{"no_scan", "no-scan", HVFB_TRACKING_AUTO, soon, resting | comparing},
                    Way{"no_scan_and_never_idle", "no-scan", HVFB_TRACKING_AUTO, never, resting | comparing},
                    Way{"no_announce", "no-announce", HVFB_TRACKING_AUTO, soon, scanning},
                    Way{"nothing", "no-announce,no-scan", HVFB_TRACKING_AUTO, soon, polled},
                    Way{"pinned_to_faults", "", HVFB_TRACKING_FAULT, never, resting},
                    Way{"pinned_to_scans", "", HVFB_TRACKING_SCAN, never, scanning},
                    Way{"pinned_to_comparisons", "", HVFB_TRACKING_COMPARE, never, comparing}),
    [](const testing::TestParamInfo<Way>& way) { return std::string(way.param.name); });

}  // namespace
}  // namespace hvfb
