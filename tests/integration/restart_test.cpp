// The daemon is ended again and again, in every way, while clients draw: they notice nothing, and nothing is
// lost.
#include <gtest/gtest.h>
#include <hvfb/hvfb.h>
#include <sched.h>

#include <csignal>
#include <cstdlib>
#include <memory>
#include <random>

#include "daemon_process.h"
#include "drawing_process.h"
#include "host_process.h"
#include "restarts.h"
#include "standstill_watch.h"

namespace hvfbd::testing {
namespace {

using namespace std::chrono_literals;

// Four clients.
struct Studio {
    explicit Studio(DaemonProcess& daemon, bool as_nobody = false) {
        for (unsigned i = 0; i < 4; ++i)
            clients.push_back(std::make_unique<DrawingProcess>(daemon.open(), i, as_nobody));
    }
    void pause() {
        for (auto& client : clients) client->pause();
    }
    void go_on() {
        for (auto& client : clients) client->go_on();
    }
    // What programs hear of it: nothing, whatever happens to the daemon.
    int end() {
        int events = 0;
        for (auto& client : clients) events |= client->end();
        return events & (HVFB_EVENT_LOST | HVFB_EVENT_REVOKED | HVFB_EVENT_CONFIGURE);
    }
    // The acceptance is no store blocked for more than 10 ms in HVFBD_RESTARTS=1000; times are printed, and
    // fail no test. What is above is printed one by one, with what of it was this machine's.
    void print(unsigned count, const char* what) const {
        Duration longest{}, longest_blocked{};
        std::uint64_t stores = 0;
        auto ms = [](Duration time) { return std::chrono::duration<double, std::milli>(time).count(); };
        unsigned blocked_long = 0;
        for (const auto& client : clients) {
            longest = std::max(longest, client->longest());
            longest_blocked = std::max(longest_blocked, client->longest_blocked());
            stores += client->stores();
            for (const auto& slow : client->slow_stores()) {
                Duration took = slow.until - slow.from,
                         stood_still = standstill.between(slow.from, slow.until);
                // Both may be the same time: who waits for a processor waits longer when that stands still.
                Duration blocked = took - std::max(slow.queued, stood_still);
                if (blocked > 10ms) ++blocked_long;
                ::printf(
                    "a store took %.2f ms: %.2f in the queue for a processor, %.2f while one stood still\n",
                    ms(took), ms(slow.queued), ms(stood_still));
            }
        }
        ::printf(
            "%u times %s; %llu stores, %u blocked for more than 10 ms; the longest took %.2f ms, without the "
            "queue for a processor %.2f ms; a processor stood still for %s%.2f ms\n",
            count, what, static_cast<unsigned long long>(stores), blocked_long, ms(longest),
            ms(longest_blocked), standstill.watches() ? "up to " : "not watched, ", ms(standstill.longest()));
    }

    StandstillWatch standstill;
    std::vector<std::unique_ptr<DrawingProcess>> clients;
};

std::uint64_t sum_of(const DrawingProcess& client) {
    const Layout& layout = client.layout();
    return hvfbd::testing::sum_of(client.pixels(), layout.width, layout.height, layout.stride);
}

struct Way {
    const char* name;
    int signal;
    const char* features;
    bool as_nobody = false;  // clients may not make a userfaultfd that rests; the daemon gives them one
};
void PrintTo(const Way& way, std::ostream* out) {
    *out << way.name;
}

class Ended : public ::testing::TestWithParam<Way> {
  protected:
    void SetUp() override { ::setenv("HVFB_FEATURES", GetParam().features, 1); }
    void TearDown() override { ::unsetenv("HVFB_FEATURES"); }
};

// Ends the daemon at any moment, and sees that the surface shown is its client's, pixel by pixel.
TEST_P(Ended, again_and_again_it_shows_what_its_clients_drew_meanwhile) {
    DaemonProcess daemon({640, 480}, 640 * 4 + 64, DaemonProcess::Kind::managed);
    DisplaySettings settings;
    settings.refresh_limit = 200;
    daemon.change_settings(settings);
    Studio studio(daemon, GetParam().as_nobody);
    std::mt19937_64 random(42);
    unsigned count = restarts();
    for (unsigned i = 0; i < count; ++i) {
        timespec moment{0, static_cast<long>(random() % 8000) * 1000};
        ::clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, nullptr);
        if (GetParam().signal) daemon.end_by(GetParam().signal);
        if (i % 2 == 0) ::clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, nullptr);
        studio.pause();
        for (unsigned which : {i % 4, (i + 1) % 4}) {
            daemon.activate(which + 1);
            auto difference = daemon.await_equal(8s);
            ASSERT_EQ(difference.front_shadow, 0u) << "after " << i;
            ASSERT_EQ(difference.scanout_front, 0u) << "after " << i;
            ASSERT_EQ(difference.host_front, 0u) << "after " << i;
            ASSERT_EQ(difference.front_sum, sum_of(*studio.clients[which])) << "after " << i;
        }
        auto counters = daemon.counters();
        ASSERT_EQ(counters.surfaces, 4u);
        ASSERT_EQ(counters.refresh_limit, 200u) << "what was set over the bus is restored";
        studio.go_on();
    }
    EXPECT_EQ(studio.end(), 0);
    studio.print(count, GetParam().name);
}

INSTANTIATE_TEST_SUITE_P(
    InEveryWay, Ended,
    ::testing::Values(Way{"not ended, to compare with", 0, ""}, Way{"killed", SIGKILL, ""},
                      Way{"asked to end", SIGTERM, ""}, Way{"aborted", SIGABRT, ""},
                      Way{"killed, clients scan", SIGKILL, "no-announce"},
                      Way{"killed, clients announce", SIGKILL, "no-scan"},
                      Way{"killed, clients have no tracker", SIGKILL, "no-announce,no-scan"},
                      Way{"killed, clients were given a userfaultfd", SIGKILL, "", true}));

// Only who rests has faults.
TEST(GivenAUserfaultfd, a_client_rests_and_still_does_when_the_daemon_has_ended) {
    DaemonProcess daemon({640, 480}, 640 * 4 + 64, DaemonProcess::Kind::managed);
    DisplaySettings settings;
    settings.idle_timeout = 1ms;
    daemon.change_settings(settings);
    DrawingProcess client(daemon.open(), 1, true);
    auto has_faults = [&] {
        for (Time end = clock_now() + 10s; clock_now() < end; client.go_on()) {
            client.pause();
            EXPECT_EQ(daemon.await_equal(8s).front_shadow, 0u);
            if (daemon.counters().faults > 0) return true;
        }
        return false;
    };
    EXPECT_TRUE(has_faults());
    for (int signal : {SIGKILL, SIGTERM}) {
        daemon.end_by(signal);
        client.go_on();
        EXPECT_TRUE(has_faults()) << signal;
    }
    client.go_on();
    EXPECT_EQ(client.end() & (HVFB_EVENT_LOST | HVFB_EVENT_REVOKED), 0);
}

std::string difference(HostProcess& host, const DrawingProcess& client) {
    HostProcess::Picture window = host.window();
    const Layout& layout = client.layout();
    if (window.width != layout.width || window.height != layout.height) return "another size";
    std::size_t different = 0;
    for (std::uint32_t y = 0; y < layout.height; ++y)
        for (std::uint32_t x = 0; x < layout.width; ++x)
            different += window.pixels[std::size_t{y} * layout.width + x] !=
                         client.pixels()[y * (layout.stride / 4) + x];
    return different == 0 ? "" : std::to_string(different) + " pixels";
}

class AHostOf : public ::testing::TestWithParam<Way> {};

TEST_P(AHostOf, a_daemon_that_ends_sees_one_session_and_the_picture) {
    HostProcess host({"--one-rectangle"});
    DaemonProcess daemon({host.socket(), true, 1, DaemonProcess::Kind::managed});
    DisplaySettings settings;
    settings.refresh_limit = 200;
    daemon.change_settings(settings);
    // The host says which mode it is.
    while (host.state() != "active") ::sched_yield();
    Studio studio(daemon);
    auto await_equal = [&](const DrawingProcess& client) {
        // A machine that stands still for a while counts as one step, and not as the time that it takes.
        Duration waited{}, longest_step = 100ms;
        for (;;) {
            Time before = clock_now();
            std::string found = difference(host, client);
            if (found.empty() || waited >= 8s) return found;
            waited += std::min<Duration>(clock_now() - before, longest_step);
        }
    };
    ASSERT_EQ(host.status("sessions"), 1u);
    std::mt19937_64 random(43);
    unsigned count = restarts();
    for (unsigned i = 0; i < count; ++i) {
        timespec moment{0, static_cast<long>(random() % 8000) * 1000};
        ::clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, nullptr);
        if (i % 3 == 0) host.say(i % 2 ? "show" : "hide");
        if (GetParam().signal) daemon.end_by(GetParam().signal);
        if (i % 3 == 0) host.say("show");
        studio.pause();
        daemon.activate(i % 4 + 1);
        ASSERT_EQ(await_equal(*studio.clients[i % 4]), "") << "after " << i;
        ASSERT_EQ(host.status("complaints"), 0u) << "after " << i;
        ASSERT_EQ(host.status("sessions"), 1u) << "after " << i;
        studio.go_on();
    }
    EXPECT_EQ(studio.end(), 0);
    studio.print(count, GetParam().name);
}

INSTANTIATE_TEST_SUITE_P(InEveryWay, AHostOf,
                         ::testing::Values(Way{"not ended, with a host, to compare with", 0, ""},
                                           Way{"killed, with a host", SIGKILL, ""},
                                           Way{"asked to end, with a host", SIGTERM, ""}));

}  // namespace
}  // namespace hvfbd::testing
