// A host that means ill, a new one with each connection: the daemon goes on.
#include <gtest/gtest.h>

#include <cstdlib>

#include "adopted_surface.h"
#include "devices/simulated_uio.h"
#include "display_fixture.h"
#include "host_process.h"
#include "output/hyperv/hyperv_output.h"

namespace hvfbd::testing {
namespace {

using namespace std::chrono_literals;

unsigned seeds() {
    const char* count = std::getenv("HVFBD_HOSTILE_SEEDS");
    return count ? static_cast<unsigned>(std::atoi(count)) : 200;
}

std::size_t open_descriptors() {
    std::filesystem::directory_iterator all("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

// In this process, so that sanitizers see what happens, with times as short as the host's timeouts.
TEST(AHostileHost, neither_stops_nor_fools_nor_feeds_on_the_daemon) {
    unsigned count = seeds();
    for (const char* like : {"windows", "openvmm"}) {
        HostProcess host({"--hostile", "0.." + std::to_string(count / 2 - 1), "--like", like,
                          "--framebuffer-size", "2097152", "--ring-size", "65536"});
        EventLoop loop;
        hyperv::HypervOutput::Options options;
        options.session.mode = Mode{640, 480};
        options.session.timing = {4ms, 100us, 1ms};
        hyperv::HypervOutput output(loop, std::make_unique<SimulatedUioPort>(host.socket()),
                                    hyperv::FramebufferSource("simulated", 0), options);
        RecordingObserver observer;
        DisplaySettings settings;
        settings.refresh_limit = 1000;
        settings.settle_delay = 0us;
        Display display(loop, output, settings, observer);
        loop.after_dispatch([&](Time now) { display.update(now); });
        RawClient client(
            display.open_surface({"test", true, false}, Client{":1.1", 1000, 1, {}}, loop.now()));
        client.hello(0);

        std::size_t descriptors = 0;
        std::uint64_t dispatches = loop.dispatches(), ticks = 0, was_active = 0;
        // A seed is left behind when its session ends; those that behave are ended here.
        Time seed_began = clock_now(), began = seed_began;
        std::uint64_t seed = 0;
        for (std::uint32_t color = 0;; ++color) {
            client.pixel(color % 640, color / 640 % 480) = color;
            client.damaged({0, 0, 640, 480});
            Time until = clock_now() + 1ms;
            while (loop.run_once(std::max(until - clock_now(), Duration::zero()))) {
            }
            ++ticks;
            was_active += output.visible();
            while (client.receive()) {
            }
            if (ticks % 8 != 0) continue;
            std::uint64_t now_seed = 0;
            try {
                now_seed = host.status("seed");
                ASSERT_EQ(host.status("garbage"), 0u) << "before seed " << now_seed;
            } catch (const std::exception&) {
                break;  // it has played them all
            }
            if (now_seed != seed) {
                seed = now_seed;
                seed_began = clock_now();
                if (seed >= 20 && descriptors == 0) descriptors = open_descriptors();
            } else if (clock_now() - seed_began > 60ms) {
                host.say("reset");
                seed_began = clock_now();
            }
            ASSERT_LT(clock_now() - began, 30min);
        }
        std::chrono::duration<double> seconds = clock_now() - began;
        ::printf("%s: %llu seeds in %.1f s, %.0f dispatches a second, shown in %llu of %llu checks\n", like,
                 static_cast<unsigned long long>(seed), seconds.count(),
                 static_cast<double>(loop.dispatches() - dispatches) / seconds.count(),
                 static_cast<unsigned long long>(was_active), static_cast<unsigned long long>(ticks));
        EXPECT_GE(seed + 10, count / 2) << "the last ones are played while nobody asks";
        EXPECT_GT(was_active, 0u) << "some seeds behave until the picture is up";
        EXPECT_LE(open_descriptors(), descriptors + 4) << "nothing leaks";
    }
}

}  // namespace
}  // namespace hvfbd::testing
