// Clients that may not make a userfaultfd, and what the daemon gives them.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "display_fixture.h"

namespace hvfbd::testing {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t wanting = HVFB_HELLO_CAN_SCAN | HVFB_HELLO_CAN_REPORT | HVFB_HELLO_WANTS_USERFAULTFD;
constexpr std::uint32_t granted =
    HVFB_HELLO_CAN_SCAN | HVFB_HELLO_CAN_REPORT | HVFB_HELLO_CAN_ANNOUNCE | HVFB_HELLO_CAN_ALARM;
constexpr std::uint32_t resting = HVFB_TRACKER_RESTING << HVFB_WRITTEN_STATE_SHIFT;

class UserfaultfdGrantsTest : public DisplayFixture {
  protected:
    void grant(UserfaultfdGrants& grants, bool allowed = true) {
        grants.allow(allowed);
        display->grant_userfaultfds(grants);
        display->update(loop.now());
    }
    // Whether the next messages hold what was asked for; all that is to come has come.
    std::optional<RawClient::Received> given(RawClient& client) {
        dispatch_until([] { return false; }, 20ms);
        std::optional<RawClient::Received> found;
        while (auto message = client.receive())
            if (message->type() == HVFB_USERFAULTFD) found = std::move(message);
        return found;
    }
    RawClient asking() {
        RawClient client = open();
        client.hello(wanting);
        return client;
    }

    UserfaultfdGrants grants, missing{"/nonexistent/userfaultfd"};
};

TEST_F(UserfaultfdGrantsTest, give_who_asks_the_device_once_and_say_so) {
    grant(grants);
    RawClient client = asking();
    auto message = given(client);
    ASSERT_TRUE(message && message->attached);
    struct stat device {
    }, node{};
    EXPECT_EQ(::fstat(message->attached.get(), &device), 0);
    EXPECT_EQ(::stat("/dev/userfaultfd", &node), 0);
    EXPECT_EQ(device.st_rdev, node.st_rdev);
    EXPECT_TRUE(S_ISCHR(device.st_mode));
    EXPECT_EQ(observer.userfaultfds, std::vector<std::string>{"given to 1"});
    client.damaged();
    EXPECT_FALSE(given(client)) << "once";
    EXPECT_TRUE(observer.violations.empty());
}

TEST_F(UserfaultfdGrantsTest, give_nothing_to_who_does_not_ask_or_sends_its_damage) {
    grant(grants);
    RawClient old = open();
    old.hello(HVFB_HELLO_CAN_SCAN);
    RawClient full = open();
    full.hello(granted | HVFB_HELLO_WANTS_USERFAULTFD);
    RawClient explicitly = open({"test", true, false});
    explicitly.hello(wanting);
    RawClient silent = open();
    for (RawClient* client : {&old, &full, &explicitly, &silent}) EXPECT_FALSE(given(*client));
    EXPECT_TRUE(observer.userfaultfds.empty());
}

TEST_F(UserfaultfdGrantsTest, follow_the_configuration_when_it_is_read_again) {
    grant(grants, false);
    RawClient client = asking();
    EXPECT_FALSE(given(client));
    EXPECT_TRUE(observer.userfaultfds.empty()) << "what was refused on purpose is not reported";
    grant(grants, true);
    EXPECT_TRUE(given(client)) << "who asked before is given it as well";
    grant(grants, false);
    RawClient later = asking();
    EXPECT_FALSE(given(later));
}

TEST_F(UserfaultfdGrantsTest, without_a_device_all_is_drawn_as_before_and_it_is_said_once) {
    grant(missing);
    RawClient first = asking(), second = asking();
    EXPECT_FALSE(given(first));
    EXPECT_FALSE(given(second));
    ASSERT_EQ(observer.userfaultfds.size(), 1u) << "one line for all";
    EXPECT_NE(observer.userfaultfds[0].find("opening /nonexistent/userfaultfd failed: No such file"),
              std::string::npos);
    second.pixel(3, 4) = 0x123456;
    EXPECT_TRUE(present(second, 1));
    EXPECT_EQ(front_pixel(3, 4), 0x123456u);
    grant(missing);
    EXPECT_FALSE(given(second));
    EXPECT_EQ(observer.userfaultfds.size(), 2u) << "and again for who mends the configuration";
    grant(grants);
    EXPECT_TRUE(given(second));
}

TEST_F(UserfaultfdGrantsTest, something_else_of_that_name_is_neither_waited_for_nor_given) {
    const std::string folder = ::testing::TempDir() + "grants" + std::to_string(::getpid());
    std::filesystem::create_directory(folder);
    ASSERT_EQ(::mkfifo((folder + "/fifo").c_str(), 0600), 0);
    for (const std::string& other : {folder, folder + "/fifo"}) {
        UserfaultfdGrants wrong(other);
        grant(wrong);
        RawClient client = asking();
        EXPECT_FALSE(given(client));
    }
    EXPECT_EQ(observer.userfaultfds.size(), 2u);
    display.reset();
    std::filesystem::remove_all(folder);
}

TEST_F(UserfaultfdGrantsTest, at_the_limit_of_descriptors_it_is_drawn_as_before) {
    RawClient client = asking();
    dispatch_while_ready();
    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    const int next = ::fcntl(0, F_DUPFD_CLOEXEC, 0);
    ::close(next);
    rlimit none = before;
    none.rlim_cur = static_cast<rlim_t>(next);
    ::setrlimit(RLIMIT_NOFILE, &none);
    grant(grants);
    dispatch_until([] { return false; }, 20ms);
    ::setrlimit(RLIMIT_NOFILE, &before);
    ASSERT_EQ(observer.userfaultfds.size(), 1u);
    EXPECT_NE(observer.userfaultfds[0].find("Too many open files"), std::string::npos);
    client.pixel(3, 4) = 0x123456;
    EXPECT_TRUE(present(client, 1));
    RawClient later = asking();
    EXPECT_TRUE(given(later)) << "it is tried for everybody anew";
}

TEST_F(UserfaultfdGrantsTest, a_client_that_answers_gets_an_alarm_is_compared_and_then_rests) {
    without_recheck();
    grant(grants);
    RawClient client = asking();
    auto first = await(client, HVFB_COLLECT);
    ASSERT_TRUE(first);
    client.written(first->as<hvfb_collect>().serial, HVFB_WRITTEN_EVERYTHING);
    ASSERT_TRUE(observer.userfaultfds.size() == 1 || given(client));
    client.pixel(5, 6) = 0x123456;
    client.send(HVFB_CAPABILITIES, hvfb_capabilities{{}, granted, 0});
    EXPECT_TRUE(await(client, HVFB_ALARM));
    // What it stored before was found in another way, perhaps.
    auto collect = await(client, HVFB_COLLECT);
    ASSERT_TRUE(collect);
    client.written(collect->as<hvfb_collect>().serial, resting);
    EXPECT_TRUE(dispatch_until([&] { return front_pixel(5, 6) == 0x123456; }));
    dispatch_until([] { return false; }, 200ms);
    EXPECT_FALSE(loop.run_once(600ms)) << "rest";
    EXPECT_EQ(display->surfaces().active()->save().handshake.flags, granted)
        << "the next process of the daemon knows it";
    grant(grants);
    EXPECT_FALSE(given(client));
    EXPECT_TRUE(observer.violations.empty());
}

TEST_F(UserfaultfdGrantsTest, capabilities_are_for_surfaces_and_come_after_hello) {
    RawClient client = open();
    client.send(HVFB_CAPABILITIES, hvfb_capabilities{{}, granted, 0});
    EXPECT_TRUE(dispatch_until([&] { return client.closed(); }));
    RawClient viewer = view();
    viewer.hello(0);
    ASSERT_TRUE(await(viewer, HVFB_HELLO));
    viewer.send(HVFB_CAPABILITIES, hvfb_capabilities{{}, granted, 0});
    EXPECT_TRUE(dispatch_until([&] { return viewer.closed(); }));
}

TEST_F(UserfaultfdGrantsTest, a_client_that_says_something_else_all_the_time_is_given_no_second_one) {
    grant(grants);
    RawClient client = asking();
    ASSERT_TRUE(given(client));
    for (std::uint32_t flags = 0; flags < 32; ++flags) {
        client.send(HVFB_CAPABILITIES, hvfb_capabilities{{}, flags, 0});
        dispatch_while_ready();
    }
    client.send(HVFB_CAPABILITIES, hvfb_capabilities{{}, wanting, 0});
    EXPECT_FALSE(given(client));
    EXPECT_EQ(observer.userfaultfds.size(), 1u);
    client.pixel(3, 4) = 0x654321;
    EXPECT_TRUE(present(client, 1));
}

}  // namespace
}  // namespace hvfbd::testing
