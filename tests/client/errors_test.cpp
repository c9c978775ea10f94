// What a program is told where a call fails.
#include <array>
#include <cerrno>
#include <set>
#include <string>
#include <thread>

#include "bus_fixture.h"
#include "monotonic.h"
#include "surface_fixture.h"

namespace hvfb {
namespace {

struct WithMessage {
    std::array<char, 256> text;
    hvfb_open_options options = {};

    explicit WithMessage(const char* bus = nullptr) {
        text.fill('?');
        options.size = sizeof options;
        options.bus = bus;
        options.message = text.data();
        options.message_size = text.size();
    }
    std::string message() const { return {text.data(), strnlen(text.data(), text.size())}; }
};

TEST(Errors, have_a_sentence_of_their_own_each) {
    std::set<std::string> sentences;
    const std::array named = {0,      EACCES, EAGAIN,   EBUSY,  ECANCELED, ECHILD, ECONNRESET, EHOSTUNREACH,
                              EINVAL, EIO,    EISCONN,  EMFILE, ENOENT,    ENOMEM, ENOTCONN,   EOPNOTSUPP,
                              EPROTO, ETIME,  ETIMEDOUT};
    for (const int error : named) {
        EXPECT_STREQ(hvfb_strerror(-error), hvfb_strerror(error));
        sentences.insert(hvfb_strerror(error));
    }
    EXPECT_EQ(sentences.size(), named.size());
    for (const int error : {77777, INT32_MIN, INT32_MAX}) EXPECT_STREQ(hvfb_strerror(error), "unknown error");
}

TEST(Version, is_what_the_header_says) {
    EXPECT_STREQ(hvfb_version(), HVFB_VERSION);
    const std::string parts = std::to_string(HVFB_VERSION_MAJOR) + "." + std::to_string(HVFB_VERSION_MINOR) +
                              "." + std::to_string(HVFB_VERSION_PATCH);
    EXPECT_EQ(parts, HVFB_VERSION);
    static_assert(HVFB_VERSION_NUMBER >= HVFB_MAKE_VERSION(0, 1, 0));
}

TEST(Opening, tells_the_daemons_own_sentence_where_the_daemon_refuses) {
    SlowBus bus;
    bus.refuse_why = "this user has 16 surfaces open";
    for (const bool draws : {true, false}) {
        WithMessage with(bus.address());
        std::thread answers([&] {
            EXPECT_TRUE(bus.asked());
            bus.forget_asked();
            bus.answer();
        });
        hvfb_surface* surface = nullptr;
        hvfb_viewer* viewer = nullptr;
        EXPECT_EQ(
            draws ? hvfb_surface_open(&surface, &with.options) : hvfb_viewer_open(&viewer, &with.options),
            -EBUSY);
        answers.join();
        EXPECT_EQ(with.message(), "this user has 16 surfaces open");
    }
}

TEST(Opening, says_what_mends_it_where_the_bus_refuses) {
    struct Case {
        const char *name, *sentence;
        int error;
        const char* told;
    };
    for (const Case& c :
         {Case{"org.freedesktop.DBus.Error.AccessDenied", "Rejected send message, 1 matched rules", -EACCES,
               "permission denied: drawing needs root or group video (sudo usermod -aG video $USER, "
               "then log in again)"},
          Case{"org.freedesktop.systemd1.UnitMasked", "Unit is masked.", -EHOSTUNREACH,
               "hvfbd does not run and could not be started: sudo systemctl status hvfbd (Unit is masked.)"},
          Case{"org.freedesktop.DBus.Error.ServiceUnknown", "was not provided by any .service files",
               -EHOSTUNREACH, hvfb_strerror(EHOSTUNREACH)},
          Case{"org.freedesktop.DBus.Error.UnknownObject", "Unknown object '/org'.", -ENOENT,
               "hvfbd has no display display0: hvfbctl displays lists them"}}) {
        SlowBus bus;
        bus.refuse_why = c.sentence;
        WithMessage with(bus.address());
        std::thread answers([&] {
            EXPECT_TRUE(bus.asked());
            bus.answer(c.name);
        });
        hvfb_surface* surface = nullptr;
        EXPECT_EQ(hvfb_surface_open(&surface, &with.options), c.error) << c.name;
        answers.join();
        EXPECT_EQ(with.message(), c.told);
    }
}

TEST(Opening, says_which_bus_is_not_there) {
    WithMessage with("unix:path=/nonexistent/bus");
    hvfb_viewer* viewer = nullptr;
    EXPECT_EQ(hvfb_viewer_open(&viewer, &with.options), -EHOSTUNREACH);
    EXPECT_EQ(with.message(), "cannot connect to the bus unix:path=/nonexistent/bus: no bus is there");
}

TEST_F(SurfaceTest, says_what_is_not_valid_and_nothing_after_success) {
    WithMessage with;
    with.options.display = "../x";
    EXPECT_EQ(open_surface(&surface, &with.options, ScriptedDaemon::connect), -EINVAL);
    EXPECT_EQ(with.message(),
              "the option display is not a display's name: letters, digits and '_', such as display0");
    with.options.display = nullptr;
    with.options.flags = 64;
    EXPECT_EQ(open_surface(&surface, &with.options, ScriptedDaemon::connect), -EINVAL);
    EXPECT_EQ(with.message(), "libhvfb " HVFB_VERSION " does not know all of the flags 0x40");
    with.options.flags = 0;
    ASSERT_EQ(open_surface(&surface, &with.options, ScriptedDaemon::connect), 0);
    EXPECT_EQ(with.message(), "");
}

TEST_F(SurfaceTest, writes_a_sentence_no_further_than_it_may_and_cuts_no_character) {
    daemon.refuse_with = -EBUSY;
    daemon.refuse_why = "ab\u00e4\u00f6";
    const std::array<const char*, 8> expected = {"",   "",         "a",        "ab",
                                                 "ab", "ab\u00e4", "ab\u00e4", "ab\u00e4\u00f6"};
    for (std::size_t size = 0; size < expected.size(); ++size) {
        WithMessage with;
        with.options.message_size = size;
        EXPECT_EQ(open_surface(&surface, &with.options, ScriptedDaemon::connect), -EBUSY);
        if (size > 0) {
            EXPECT_STREQ(with.text.data(), expected[size]) << size;
        }
        EXPECT_EQ(with.text[size], '?') << size;
    }
}

int await_no_daemon(const OpenOptions&, int interrupt, const DaemonName* refused, Absence) {
    if (!refused) return 1;
    pollfd stopped = {.fd = interrupt, .events = POLLIN, .revents = 0};
    poll(&stopped, 1, -1);
    return 0;
}

TEST_F(SurfaceTest, keeps_the_daemons_sentence_about_why_it_is_not_opened_again) {
    ASSERT_EQ(open_surface(&surface, nullptr, ScriptedDaemon::connect, await_no_daemon), 0);
    std::array<char, 256> text = {};
    EXPECT_EQ(hvfb_surface_error_message(surface, text.data(), text.size()), 0);
    EXPECT_STREQ(text.data(), "");
    daemon.refuse_why = "only for others";
    daemon.refuse_with = -EACCES;
    daemon.hang_up();
    ASSERT_TRUE(told(HVFB_EVENT_GAVE_UP));
    EXPECT_EQ(hvfb_surface_error_message(surface, text.data(), text.size()), -EACCES);
    EXPECT_STREQ(text.data(), "only for others");
    // The program's own attempt has an answer of its own.
    daemon.refuse_why = "too many";
    daemon.refuse_with = -EBUSY;
    EXPECT_EQ(hvfb_surface_reconnect(surface), -EBUSY);
    EXPECT_EQ(hvfb_surface_error_message(surface, text.data(), text.size()), -EBUSY);
    EXPECT_STREQ(text.data(), "too many");
    EXPECT_TRUE(child_succeeds([&] {
        return hvfb_surface_error_message(surface, text.data(), text.size()) == -ECHILD &&
               std::string(text.data()) == hvfb_strerror(ECHILD);
    }));
}

TEST_F(SurfaceTest, that_is_closed_from_outside_says_so) {
    surface = daemon.open();
    daemon.send(HVFB_REVOKED, hvfb_revoked{});
    ASSERT_TRUE(told(HVFB_EVENT_REVOKED));
    std::array<char, 256> text = {};
    EXPECT_EQ(hvfb_surface_error_message(surface, text.data(), text.size()), -ECANCELED);
    EXPECT_STREQ(text.data(), hvfb_strerror(ECANCELED));
}

TEST_F(SurfaceTest, tells_the_truth_about_being_shown_as_soon_as_it_is_open) {
    ASSERT_EQ(open_surface(&surface, nullptr, ScriptedDaemon::connect), 0);
    std::thread says([&] {
        usleep(20'000);
        daemon.send(HVFB_HELLO, hvfb_hello{{}, HVFB_PROTOCOL_VERSION, 0});
        daemon.send_state(HVFB_TRACKING_OFF);
    });
    EXPECT_EQ(hvfb_surface_is_shown(surface), 1);
    says.join();
}

TEST_F(SurfaceTest, waits_a_second_at_most_and_once_for_a_daemon_that_does_not_say_whether_it_is_shown) {
    surface = daemon.open();
    const Nanoseconds before = monotonic_now();
    EXPECT_EQ(hvfb_surface_is_shown(surface), 0);
    const Nanoseconds waited = monotonic_now() - before;
    EXPECT_GT(waited, 500'000'000u);
    const Nanoseconds again = monotonic_now();
    EXPECT_EQ(hvfb_surface_is_shown(surface), 0);
    EXPECT_LT(monotonic_now() - again, 500'000'000u);
    daemon.hang_up();
    ASSERT_TRUE(told(HVFB_EVENT_LOST));
    EXPECT_EQ(hvfb_surface_is_shown(surface), 0);
}

TEST(OpenOptions, take_the_display_of_the_environment_where_the_program_names_none) {
    const auto display_of = [](const char* given, const char* environment) {
        hvfb_open_options options = {};
        options.size = sizeof options;
        options.display = given;
        setenv("HVFB_DISPLAY", environment, 1);
        OpenOptions taken;
        Sentence why;
        const int result = taken.set(&options, why);
        unsetenv("HVFB_DISPLAY");
        return result < 0 ? std::string(why.text()) : taken.display();
    };
    EXPECT_EQ(display_of(nullptr, "display3"), "display3");
    EXPECT_EQ(display_of("display1", "display3"), "display1");
    EXPECT_EQ(display_of(nullptr, ""), "display0");
    EXPECT_EQ(display_of(nullptr, "a/b"),
              "$HVFB_DISPLAY is not a display's name: letters, digits and '_', such as display0");
}

}  // namespace
}  // namespace hvfb
