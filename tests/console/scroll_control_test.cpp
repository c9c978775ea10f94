#include "console/scroll_control.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <vector>

namespace console {
namespace {

struct ScrollControlTest : testing::Test {
    std::filesystem::path folder;
    std::string path;
    std::vector<std::string> asked;
    bool may = true;

    ScrollControlTest() {
        std::string name = std::filesystem::temp_directory_path() / "console-control-XXXXXX";
        folder = ::mkdtemp(name.data());
        path = folder / "control";
    }
    ~ScrollControlTest() override { std::filesystem::remove_all(folder); }

    hvfbd::Descriptor connect() const {
        hvfbd::Descriptor socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        EXPECT_EQ(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
        return socket;
    }
    // As the loop does, as long as there is something to do.
    void take(ScrollControl& control) {
        for (pollfd watched{control.fd(), POLLIN, 0}; ::poll(&watched, 1, 0) > 0;)
            control.take([this](std::string_view request) {
                asked.emplace_back(request);
                return "ok 1 2";
            });
    }
    static void say(const hvfbd::Descriptor& socket, std::string_view request) {
        ASSERT_EQ(::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(request.size()));
    }
    // Empty: it has ended.
    static std::string answer(const hvfbd::Descriptor& socket) {
        std::array<char, 64> bytes{};
        const ssize_t length = ::recv(socket.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
        return length < 0 ? "none yet" : std::string(bytes.data(), static_cast<std::size_t>(length));
    }
};

TEST_F(ScrollControlTest, answers_each_request_of_a_connection) {
    ScrollControl control(path, [this](uid_t user) { return may && user == ::getuid(); });
    const hvfbd::Descriptor one = connect(), other = connect();
    take(control);
    say(one, "up 3");
    say(one, "end");
    say(other, "down");
    take(control);
    EXPECT_EQ(answer(one), "ok 1 2");
    EXPECT_EQ(answer(one), "ok 1 2");
    EXPECT_EQ(answer(other), "ok 1 2");
    EXPECT_EQ(asked.size(), 3U);
    EXPECT_FALSE(control.is_held());
}

TEST_F(ScrollControlTest, is_held_until_the_connection_ends_or_holding_is_ended) {
    ScrollControl control(path, [this](uid_t user) { return may && user == ::getuid(); });
    hvfbd::Descriptor holding = connect();
    say(holding, "hold");
    take(control);
    EXPECT_EQ(answer(holding), "ok 1 2");
    EXPECT_EQ(asked, std::vector<std::string>{"where"});
    EXPECT_TRUE(control.is_held());
    control.end_holding();
    EXPECT_FALSE(control.is_held());
    say(holding, "hold");
    take(control);
    EXPECT_TRUE(control.is_held());
    holding.reset();
    take(control);
    EXPECT_FALSE(control.is_held());
}

TEST_F(ScrollControlTest, refuses_who_may_not_scroll_and_who_may_no_more) {
    ScrollControl control(path, [this](uid_t user) { return may && user == ::getuid(); });
    const hvfbd::Descriptor before = connect();
    take(control);
    may = false;
    const hvfbd::Descriptor one = connect();
    say(before, "hold");
    take(control);
    EXPECT_EQ(answer(one), "refused");
    EXPECT_EQ(answer(one), "");
    EXPECT_EQ(answer(before), "refused");
    EXPECT_EQ(answer(before), "");
    EXPECT_TRUE(asked.empty());
    EXPECT_FALSE(control.is_held());
}

TEST_F(ScrollControlTest, lets_the_oldest_connection_go_for_a_ninth) {
    ScrollControl control(path, [this](uid_t user) { return may && user == ::getuid(); });
    std::vector<hvfbd::Descriptor> peers;
    for (unsigned i = 0; i < 9; ++i) {
        peers.push_back(connect());
        take(control);
    }
    EXPECT_EQ(answer(peers[0]), "");
    EXPECT_EQ(answer(peers[1]), "none yet");
    say(peers[8], "end");
    take(control);
    EXPECT_EQ(answer(peers[8]), "ok 1 2");
}

TEST_F(ScrollControlTest, takes_the_place_of_a_socket_that_was_left_and_of_no_other_file) {
    {
        const ScrollControl control(path, [this](uid_t user) { return may && user == ::getuid(); });
    }
    EXPECT_FALSE(std::filesystem::exists(path)) << "it is removed at the end";
    {
        const hvfbd::Descriptor left(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        ASSERT_EQ(::bind(left.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    }
    ASSERT_TRUE(std::filesystem::is_socket(path));
    {
        ScrollControl control(path, [this](uid_t user) { return may && user == ::getuid(); });
        EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms(0666));
        const hvfbd::Descriptor one = connect();
    }
    std::ofstream(path) << "text";
    EXPECT_THROW(ScrollControl(path, {}), std::system_error);
    EXPECT_TRUE(std::filesystem::is_regular_file(path));
    EXPECT_THROW(ScrollControl(std::string(200, 'x'), {}), std::system_error);
}

}  // namespace
}  // namespace console
