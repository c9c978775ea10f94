// Pixels that land after their fault: a device's, through pinned pages. In every state of the tracker.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <hvfb/hvfb.h>
#include <sys/uio.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <ostream>
#include <thread>

#include "adopted_surface.h"
#include "base/mapping.h"
#include "daemon_process.h"
#include "display/recheck.h"
#include "rounds.h"
#include "slow_file.h"

namespace hvfbd::testing {
namespace {

using namespace std::chrono_literals;

struct Way {
    const char* name;
    const char* features;  // of HVFB_FEATURES
    DisplaySettings::Tracking tracking;
};

void PrintTo(const Way& way, std::ostream* out) {
    *out << way.name;
}

constexpr Mode mode{640, 480};

class PicturesOfASlowDisk : public ::testing::TestWithParam<Way> {
  protected:
    PicturesOfASlowDisk() {
        DisplaySettings settings;
        settings.refresh_limit = 200;
        settings.tracking = GetParam().tracking;
        settings.idle_timeout = 50ms;
        daemon.change_settings(settings);
        ::setenv("HVFB_FEATURES", GetParam().features, 1);
        surface.emplace(daemon.open());
        ::unsetenv("HVFB_FEATURES");
    }
    std::size_t size() const { return surface->layout().size; }
    void read(std::uint32_t word, std::size_t from, std::size_t length) {
        slow.set_word(word);
        auto* at = reinterpret_cast<char*>(surface->pixels()) + from;
        ASSERT_EQ(::pread(file.get(), at, length, static_cast<off_t>(from)), static_cast<ssize_t>(length));
    }
    void expect_shown(std::uint32_t word, std::size_t at) {
        ASSERT_EQ(surface->pixels()[at / 4], word);
        ASSERT_EQ(daemon.await_equal(8s).front_shadow, 0u) << word;
    }

    // Later than a report by far.
    SlowFile slow{layout_for(mode).size, 15ms};
    DaemonProcess daemon{mode};
    std::optional<AdoptedSurface> surface;
    Descriptor file = slow.open();
};

TEST_P(PicturesOfASlowDisk, are_shown_whole_and_in_part_at_rest_and_while_the_program_draws) {
    ASSERT_TRUE(daemon.await_equal().none());
    std::uint32_t word = 0x111111;
    auto next = [&] { return word += 0x010101; };
    // At rest.
    read(next(), 0, size());
    expect_shown(word, size() / 2);
    read(next(), 8192, 4096);
    expect_shown(word, 8192);
    // Right after the program has drawn there: the pages are open then, and nothing faults.
    std::fill_n(surface->pixels(), size() / 4, next());
    read(next(), 0, size());
    expect_shown(word, size() - 4);
    // While it goes on drawing elsewhere, so that it scans.
    std::atomic<bool> over{false};
    std::thread program([&] {
        for (std::uint32_t i = 0; !over; ++i) {
            std::fill_n(surface->pixels() + 400 * 640, 640 * 40, i);
            std::this_thread::sleep_for(4ms);
        }
    });
    std::this_thread::sleep_for(300ms);
    read(next(), 0, 262144);
    over = true;
    program.join();
    expect_shown(word, 131072);
}

// A read of two pieces; what happens between the two makes the first fault and its report a thing of the
// past.
class APictureThatTakesLong : public ::testing::Test {
  protected:
    void open(DisplaySettings::Tracking tracking = DisplaySettings::Tracking::automatic) {
        DisplaySettings settings;
        settings.tracking = tracking;
        settings.idle_timeout = 50ms;
        daemon.change_settings(settings);
        surface.emplace(daemon.open());
        ASSERT_TRUE(daemon.await_equal().none());
    }
    void expect_shown(const std::function<void()>& meanwhile, std::chrono::milliseconds second_piece) {
        slow.set_word(0x456789);
        slow.set_delay(second_piece, 1);
        std::thread program([&] {
            EXPECT_EQ(::pread(file.get(), surface->pixels(), length, 0), static_cast<ssize_t>(length));
        });
        std::this_thread::sleep_for(100ms);  // it is under way
        meanwhile();
        program.join();
        ASSERT_EQ(surface->pixels()[length / 4 - 1], 0x456789u);
        EXPECT_EQ(daemon.await_equal(Recheck::longest + 1s).front_shadow, 0u);
    }

    static constexpr std::size_t length = 262144;
    SlowFile slow{layout_for(mode).size, 0ms};
    DaemonProcess daemon{mode, 0, DaemonProcess::Kind::managed};
    std::optional<AdoptedSurface> surface;
    Descriptor file = slow.open();
};

TEST_F(APictureThatTakesLong, is_shown_whole_though_its_first_piece_came_at_once) {
    open();
    expect_shown([] {}, 1300ms);
}

TEST_F(APictureThatTakesLong, is_shown_though_the_daemon_was_restarted) {
    open();
    expect_shown([&] { daemon.end_by(SIGKILL); }, 1500ms);
}

TEST_F(APictureThatTakesLong, is_shown_though_the_display_was_hidden_and_its_mode_and_surface_were_others) {
    open();
    expect_shown(
        [&] {
            daemon.set_visible(false);
            std::this_thread::sleep_for(100ms);
            daemon.set_visible(true);
            daemon.set_mode({800, 600});
            std::this_thread::sleep_for(100ms);
            daemon.set_mode(mode);
            AdoptedSurface other(daemon.open());
            other.await_event(0, 100ms);
        },
        1700ms);
}

TEST_F(APictureThatTakesLong, is_shown_though_the_program_draws_elsewhere_meanwhile) {
    open(DisplaySettings::Tracking::scan);
    expect_shown(
        [&] {
            for (std::uint32_t i = 1; i < 50; ++i) {
                std::fill_n(surface->pixels() + 400 * 640, 640 * 40, i);
                std::this_thread::sleep_for(4ms);
            }
        },
        2000ms);
}

// As io_uring's registered buffers, and a device that was given the memory before: another mapping than the
// library's.
TEST(PixelsThatNeverFault, are_shown_when_the_program_sends_damage) {
    // What is compared again for another reason would show them.
    Recheck::in_use = false;
    DaemonProcess daemon(mode);
    Recheck::in_use = true;
    DaemonProcess::Opened opened = daemon.open();
    Mapping registered(opened.buffer, opened.layout.size, Mapping::Access::read_write);
    AdoptedSurface surface(std::move(opened));
    ASSERT_TRUE(daemon.await_equal().none());
    surface.await_event(0, 400ms);  // at rest
    std::memset(registered.bytes().data(), 0x33, 4096);
    EXPECT_NE(daemon.await_equal(100ms).front_shadow, 0u) << "nobody could know";
    hvfb_rect told{0, 0, 640, 2};
    ASSERT_EQ(hvfb_surface_damage(surface.get(), &told, 1), 0);
    EXPECT_TRUE(daemon.await_equal().none());
}

INSTANTIATE_TEST_SUITE_P(InEveryState, PicturesOfASlowDisk,
                         ::testing::Values(Way{"automatic", "", DisplaySettings::Tracking::automatic},
                                           Way{"fault", "", DisplaySettings::Tracking::fault},
                                           Way{"scan", "", DisplaySettings::Tracking::scan},
                                           Way{"compare", "", DisplaySettings::Tracking::compare},
                                           Way{"no-scan", "no-scan", DisplaySettings::Tracking::automatic},
                                           Way{"no-announce", "no-announce",
                                               DisplaySettings::Tracking::automatic}));

}  // namespace
}  // namespace hvfbd::testing
