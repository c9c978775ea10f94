// The Hyper-V output against a host in another process: what its window shows is what the client drew.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "adopted_surface.h"
#include "base/error.h"
#include "devices/simulated_uio.h"
#include "dispatching.h"
#include "host_process.h"
#include "output/hyperv/hyperv_output.h"
#include "rounds.h"
#include "writers.h"

namespace hvfbd::testing {
namespace {

using namespace std::chrono_literals;

// Empty: the window shows the surface. Otherwise what differs.
std::string difference(HostProcess& host, AdoptedSurface& surface) {
    surface.take_mode();
    HostProcess::Picture window = host.window();
    const hvfb_layout& layout = surface.layout();
    if (window.width != layout.width || window.height != layout.height ||
        window.pixels.size() != std::size_t{layout.width} * layout.height)
        return "the window is " + std::to_string(window.width) + "x" + std::to_string(window.height) +
               ", the surface " + std::to_string(layout.width) + "x" + std::to_string(layout.height);
    std::size_t different = 0;
    for (std::uint32_t y = 0; y < layout.height; ++y)
        for (std::uint32_t x = 0; x < layout.width; ++x)
            different += window.pixels[std::size_t{y} * layout.width + x] !=
                         surface.pixels()[y * (layout.stride / 4) + x];
    return different == 0 ? "" : std::to_string(different) + " pixels";
}

std::string await_equal(HostProcess& host, AdoptedSurface& surface, Duration within = 8s) {
    Time end = clock_now() + within;
    for (;;) {
        std::string found = difference(host, surface);
        if (found.empty() || clock_now() >= end) return found;
    }
}

void draw(AdoptedSurface& surface, std::mt19937_64& random) {
    Writers writers(surface.pixels(), surface.layout(), random());
    writers.start();
    writers.join();
}

DisplaySettings quick() {
    DisplaySettings settings;
    settings.refresh_limit = 500;
    settings.settle_delay = 200us;
    settings.idle_timeout = 5ms;
    return settings;
}

struct Kind {
    const char* name;
    std::vector<std::string> options;
    DaemonProcess::SimulatedHost daemon;
    bool acknowledges = true;
};
void PrintTo(const Kind& kind, std::ostream* out) {
    *out << kind.name;
}

class AHost : public ::testing::TestWithParam<Kind> {
  protected:
    AHost() : host(GetParam().options) { start_daemon(); }
    // A host that never acknowledges is given up once, and then believed.
    void await_timeout() {
        while (!GetParam().acknowledges && host.status("sessions") < 2)
            ASSERT_EQ(await_equal(host, *surface), "");
    }
    void start_daemon() {
        DaemonProcess::SimulatedHost options = GetParam().daemon;
        options.path = host.socket();
        surface.reset();  // the library's thread ends: what follows forks
        daemon.reset();
        daemon.emplace(options);
        daemon->change_settings(quick());
        surface.emplace(daemon->open());
    }
    bool says_features() const { return std::string(GetParam().name).find("openvmm") == std::string::npos; }

    HostProcess host;
    std::optional<DaemonProcess> daemon;
    std::optional<AdoptedSurface> surface;
};

Duration soak_time() {
    const char* seconds = std::getenv("HVFBD_SOAK_SECONDS");
    return seconds ? std::chrono::seconds(std::atoi(seconds)) : std::chrono::milliseconds(rounds(3000));
}

TEST_P(AHost, shows_at_every_quiescence_what_the_client_drew_whatever_happened_meanwhile) {
    std::mt19937_64 random(20261123);
    Time end = clock_now() + soak_time();
    unsigned checks = 0, events[10] = {};
    ASSERT_EQ(await_equal(host, *surface), "");
    // A machine where all is slow takes longer for as many.
    for (; clock_now() < end || checks < 10; ++checks) {
        unsigned event = static_cast<unsigned>(random() % 24);
        if (event < 10) ++events[event];
        Writers writers(surface->pixels(), surface->layout(), random());
        if (event >= 3 || event == 1) writers.start();
        switch (event) {
            case 0: {  // another picture size, by the administrator
                constexpr Mode modes[] = {{640, 480}, {800, 600}, {1024, 768}, {1280, 1024}};
                daemon->set_mode(modes[random() % 4]);
                break;
            }
            case 1:  // the device goes away and comes back
                host.say("rescind");
                host.say("offer");
                break;
            case 2:  // another picture size, by the host
                host.say(random() % 2 ? "resolutions 640x480,1024x768"
                                      : "resolutions 800x600,1280x1024,640x480");
                host.say("reset");
                break;
            case 3:
                host.say("reset");
                break;
            case 4:  // a ring that nobody empties
                host.say("stall");
                writers.join();
                draw(*surface, random);
                host.say("continue");
                break;
            case 5:
            case 6:
            case 7:
                host.say("hide");
                writers.join();
                if (event == 6) draw(*surface, random);
                host.say("show");
                break;
            case 8:
                writers.join();
                host.kill();
                host.start();
                break;
            case 9:
                writers.join();
                start_daemon();
                break;
            default:
                break;
        }
        writers.join();
        ASSERT_EQ(await_equal(host, *surface), "") << "check " << checks << " after event " << event;
        ASSERT_EQ(host.status("complaints"), 0u) << "after event " << event;
    }
    ::printf(
        "%u checks, none different; modes %u, rescinded %u, lists %u, reset %u, stalled %u, hidden %u, host "
        "killed %u, "
        "daemon killed %u\n",
        checks, events[0], events[1], events[2], events[3], events[4], events[5] + events[6] + events[7],
        events[8], events[9]);
    EXPECT_GE(checks, 10u);
}

TEST_P(AHost, that_hides_its_window_gets_no_message_and_no_byte_and_all_of_it_when_it_shows_it) {
    if (!says_features()) {
        // OpenVMM has no way to say it: that the picture is submitted all the same is all there is to see.
        ASSERT_EQ(await_equal(host, *surface), "");
        return;
    }
    std::mt19937_64 random(3);
    await_timeout();
    ASSERT_EQ(await_equal(host, *surface), "");
    for (unsigned i = 0; i < rounds(10); ++i) {
        host.say("hide");
        // The library hears of it, and stops watching.
        while (hvfb_surface_is_shown(surface->get()))
            ASSERT_TRUE(surface->await_event(HVFB_EVENT_VISIBLE, 5s));
        auto before = daemon->counters();
        auto memory = host.video_memory();
        std::uint64_t messages = host.status("messages"), doorbells = host.status("doorbells");
        std::uint64_t faults = surface->tracker_switches_asleep();
        for (int j = 0; j < 5; ++j) draw(*surface, random);
        surface->await_event(0, 50ms);
        auto after = daemon->counters();
        EXPECT_EQ(after.bytes_copied, before.bytes_copied);
        EXPECT_EQ(after.frames, before.frames);
        EXPECT_EQ(host.status("messages"), messages);
        EXPECT_EQ(host.status("doorbells"), doorbells);
        EXPECT_EQ(AdoptedSurface::tracker_switches(), faults) << "the client's stores wait for nobody";
        EXPECT_EQ(host.video_memory(), memory);
        host.say("show");
        EXPECT_EQ(await_equal(host, *surface), "");
    }
}

TEST_P(AHost, that_says_that_nobody_looks_gets_damage_all_the_same_where_that_is_to_be_ignored) {
    if (!says_features()) return;  // nothing is hidden then
    std::mt19937_64 random(11);
    await_timeout();
    ASSERT_EQ(await_equal(host, *surface), "");
    host.say("hide");
    while (hvfb_surface_is_shown(surface->get())) ASSERT_TRUE(surface->await_event(HVFB_EVENT_VISIBLE, 5s));
    draw(*surface, random);
    daemon->set_mode({640, 480});
    DisplaySettings settings = quick();
    settings.when_hidden = DisplaySettings::WhenHidden::ignore;
    daemon->change_settings(settings);
    EXPECT_EQ(await_equal(host, *surface), "") << "what was drawn before";
    for (unsigned i = 0; i < rounds(4); ++i) {
        daemon->set_mode(i % 2 == 0 ? Mode{800, 600} : Mode{1024, 768});
        draw(*surface, random);
        EXPECT_EQ(await_equal(host, *surface), "");
    }
    EXPECT_EQ(host.status("garbage"), 0u);
    EXPECT_FALSE(hvfb_surface_is_shown(surface->get())) << "what the host says is still what a client hears";
    daemon->change_settings(quick());
    host.say("show");
    EXPECT_EQ(await_equal(host, *surface), "");
}

// The time is printed, not asserted.
TEST_P(AHost, that_shows_its_window_again_has_all_of_it_without_another_store) {
    if (!says_features()) return;  // nothing is hidden then: see the test before
    std::mt19937_64 random(5);
    await_timeout();
    DisplaySettings usual;
    daemon->change_settings(usual);
    std::vector<double> intervals;
    for (int i = 0; i < 7; ++i) {
        ASSERT_EQ(await_equal(host, *surface), "");
        host.say("hide");
        while (hvfb_surface_is_shown(surface->get()))
            ASSERT_TRUE(surface->await_event(HVFB_EVENT_VISIBLE, 5s));
        draw(*surface, random);
        Time shown = clock_now();
        host.say("show");
        ASSERT_EQ(await_equal(host, *surface), "");
        intervals.push_back(std::chrono::duration<double>(clock_now() - shown) /
                            std::chrono::duration<double>(usual.interval()));
    }
    std::sort(intervals.begin(), intervals.end());
    ::printf("from show to a window that is right, in refresh intervals: median %.2f, most %.2f (%s)\n",
             intervals[intervals.size() / 2], intervals.back(), GetParam().name);
}

TEST_P(AHost, that_takes_no_messages_loses_no_damage) {
    std::mt19937_64 random(4);
    await_timeout();
    // On a busy machine the host may be stalled for longer than it should be.
    unsigned judged = 0;
    for (Time give_up = clock_now() + 60s; judged < rounds(6) && clock_now() < give_up;) {
        ASSERT_EQ(await_equal(host, *surface), "");
        std::uint64_t sessions = host.status("sessions");
        Time stalled = clock_now();
        host.say("stall");
        // A small ring is full after a few of these; what does not fit stays pending. Shorter than the
        // session's timeout: a new session would present everything anyhow.
        while (clock_now() < stalled + 250ms) draw(*surface, random);
        host.say("continue");
        EXPECT_EQ(await_equal(host, *surface), "");
        if (clock_now() - stalled >= DaemonProcess::host_timeout) continue;
        EXPECT_EQ(host.status("sessions"), sessions);
        ++judged;
    }
    EXPECT_GT(judged, 0u);
    EXPECT_EQ(host.status("complaints"), 0u);
}

TEST_P(AHost, that_takes_no_messages_and_hides_its_window_keeps_nobody_busy) {
    await_timeout();
    ASSERT_EQ(await_equal(host, *surface), "");
    std::mt19937_64 random(5);
    host.say("stall");
    Time end = clock_now() + 250ms;
    while (clock_now() < end) draw(*surface, random);
    host.say("hide");
    surface->await_event(0, 700ms);  // longer than the session's timeout
    auto before = daemon->counters();
    surface->await_event(0, 300ms);
    EXPECT_LE(daemon->counters().dispatches - before.dispatches, 10u);
    host.say("continue");
    host.say("show");
    EXPECT_EQ(await_equal(host, *surface), "");
}

TEST_P(AHost, that_stops_to_read_is_spoken_to_anew_though_its_ring_has_room) {
    await_timeout();
    ASSERT_EQ(await_equal(host, *surface), "");
    std::uint64_t sessions = host.status("sessions");
    host.say("stall");
    surface->pixels()[0] ^= 0xff;  // one message, and nothing more is drawn
    Time end = clock_now() + 10s;
    while (host.status("sessions") == sessions && clock_now() < end) surface->await_event(0, 20ms);
    EXPECT_GT(host.status("sessions"), sessions);
    host.say("continue");
    EXPECT_EQ(await_equal(host, *surface), "");
}

TEST_P(AHost, hears_of_no_frame_in_more_than_four_messages) {
    await_timeout();
    ASSERT_EQ(await_equal(host, *surface), "");
    auto before = daemon->counters();
    std::uint64_t dirts = host.status("dirts");
    for (std::uint32_t round = 1; round <= 20; ++round) {
        // Far apart, sixteen of them.
        for (std::uint32_t i = 0; i < 16; ++i)
            surface->pixels()[(i / 4 * 100 + 10) * (surface->layout().stride / 4) + i % 4 * 150] = round;
        EXPECT_EQ(await_equal(host, *surface), "");
    }
    auto after = daemon->counters();
    EXPECT_LE(host.status("dirts") - dirts, 4 * (after.frames - before.frames));
    EXPECT_EQ(host.status("complaints"), 0u);
}

TEST_P(AHost, that_waits_for_room_in_the_ring_to_the_guest_is_signalled_when_there_is_some) {
    if (std::string(GetParam().name).find("small rings") == std::string::npos)
        return;  // others take long to fill
    await_timeout();
    ASSERT_EQ(await_equal(host, *surface), "");
    std::uint64_t sessions = host.status("sessions"), waited = host.status("waited");
    // The guest reads nothing meanwhile; and says nothing when it hears of a hidden window, so that the host
    // is not called by the way.
    daemon->signal(SIGSTOP);
    while (host.status("waited") < waited + 20) host.say("hide");
    host.say("show");
    daemon->signal(SIGCONT);
    EXPECT_EQ(await_equal(host, *surface), "") << "the last message is behind all the others";
    EXPECT_EQ(host.status("sessions"), sessions);
    EXPECT_EQ(host.status("needless_doorbells"), 0u);
}

TEST_P(AHost, at_rest_hears_nothing_and_wakes_nobody) {
    await_timeout();
    ASSERT_EQ(await_equal(host, *surface), "");
    surface->await_event(0, 1200ms);  // the last of the session's times has passed
    auto before = daemon->counters();
    std::uint64_t messages = host.status("messages"), switches = AdoptedSurface::tracker_switches();
    surface->await_event(0, 700ms);
    auto after = daemon->counters();
    EXPECT_EQ(host.status("messages"), messages);
    EXPECT_EQ(AdoptedSurface::tracker_switches(), switches);
    EXPECT_LE(after.dispatches - before.dispatches, 1u) << "the question itself is one";
}

TEST(AVideoMemory, that_is_too_small_for_the_mode_is_warned_of_with_what_it_takes) {
    HostProcess host;
    EventLoop loop;
    hyperv::HypervOutput::Options options;
    options.session.mode = Mode{3840, 2160};
    hyperv::HypervOutput output(loop, std::make_unique<SimulatedUioPort>(host.socket()),
                                hyperv::FramebufferSource("simulated", 0), options);
    struct Listener : OutputListener {
        void output_changed() noexcept override {}
        void output_said(Importance importance, const std::string& sentence) override {
            if (importance == Importance::warning) warnings += sentence + "\n";
        }
        std::string warnings;
    } listener;
    output.listen(&listener);
    ASSERT_TRUE(
        dispatch_until(loop, [&] { return output.session().active() && !listener.warnings.empty(); }));
    std::string refused;
    try {
        output.set_mode({2560, 1440});
    } catch (const RequestError& error) {
        refused = error.what();
    }
    output.listen(nullptr);
    for (const char* part : {"showing 1024x768: 3840x2160 needs 32400 KiB of video memory", "has 8192 KiB",
                             "Set-VMVideo -VMName NAME -ResolutionType Maximum -HorizontalResolution 3840 "
                             "-VerticalResolution 2160",
                             "FramebufferSize=33554432 in hvfbd.conf"})
        EXPECT_NE(listener.warnings.find(part), std::string::npos) << part << "\n" << listener.warnings;
    EXPECT_NE(refused.find("2560x1440 needs 14400 KiB"), std::string::npos) << refused;
}

INSTANTIATE_TEST_SUITE_P(
    Alike, AHost,
    ::testing::Values(Kind{"windows", {"--one-rectangle"}, {}},
                      Kind{"windows, version 3.2, long feature changes, several rectangles, monitor bit",
                           {"--max-version", "3.2", "--long-feature-change", "--monitor", "69"},
                           {{}, false, 255}},
                      Kind{"openvmm, which never says who looks", {"--like", "openvmm"}, {}},
                      Kind{"windows, never acknowledges, small rings",
                           {"--no-acknowledge", "--ring-size", "24576"},
                           {},
                           false}));

}  // namespace
}  // namespace hvfbd::testing
