// Clients behind socket pairs, without a daemon: what one of them does is not felt by the others.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "common/descriptor.h"
#include "vnc/bell.h"
#include "vnc/client.h"
#include "vnc/picture.h"
#include "vnc/rfb_session.h"

namespace vnc {
namespace {

using Bytes = std::vector<std::uint8_t>;

// Both ends of a connection: the client's, and what Client does at the other one.
class Connection {
  public:
    explicit Connection(const Bell& bell, bool held = false) {
        std::array<int, 2> ends{};
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) < 0)
            throw std::system_error(errno, std::system_category(), "socketpair");
        mine_ = hvfbd::Descriptor(ends[0]);
        const timeval longest{20, 0};
        ::setsockopt(mine_.get(), SOL_SOCKET, SO_RCVTIMEO, &longest, sizeof longest);
        client = std::make_unique<Client>(hvfbd::Descriptor(ends[1]), black_picture(), held, "test", bell);
    }

    void send(const Bytes& bytes) { (void)!::send(mine_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL); }
    void send(std::string_view text) { send(Bytes(text.begin(), text.end())); }
    // Empty: the other end hung up, or said nothing for 20 seconds.
    Bytes receive(std::size_t count) {
        Bytes bytes(count);
        const ssize_t got = ::recv(mine_.get(), bytes.data(), count, MSG_WAITALL);
        if (got != static_cast<ssize_t>(count)) return {};
        return bytes;
    }
    bool hung_up() {
        std::uint8_t byte = 0;
        ssize_t got = 1;
        while (got > 0) got = ::recv(mine_.get(), &byte, 1, 0);
        return got == 0 || errno == ECONNRESET;
    }
    void shake_hands() {
        EXPECT_EQ(receive(12).size(), 12U);
        send("RFB 003.008\n");
        EXPECT_EQ(receive(2), (Bytes{1, 1}));
        send(Bytes{1});
        EXPECT_EQ(receive(4), Bytes(4));
        send(Bytes{1});
        // The picture's size and format, and the name of the window behind its length, which is a short one.
        const Bytes last = receive(24);
        ASSERT_EQ(last.size(), 24U);
        EXPECT_EQ(receive(last.back()).size(), last.back());
    }
    // All of a picture of 640x480, raw.
    static Bytes request(bool incremental) { return {3, incremental, 0, 0, 0, 0, 2, 0x80, 1, 0xe0}; }
    bool receive_whole() { return receive(4 + 12 + 640 * 480 * 4).size() == 4 + 12 + 640 * 480 * 4; }

    std::unique_ptr<Client> client;

  private:
    hvfbd::Descriptor mine_;
};

class ClientsTest : public testing::Test {
  protected:
    ClientsTest() { prepare_libvncserver(); }

    // At once: each waits for a tenth of a second before it speaks.
    std::vector<std::unique_ptr<Connection>> connect(std::size_t count) {
        std::vector<std::unique_ptr<Connection>> made;
        while (made.size() < count) made.push_back(std::make_unique<Connection>(bell));
        return made;
    }

    Bell bell;
};

TEST_F(ClientsTest, AClientIsSentWhatItAskedFor) {
    Connection one(bell);
    one.shake_hands();
    one.send(Connection::request(false));
    EXPECT_TRUE(one.receive_whole());
    EXPECT_TRUE(one.client->looks());
}

TEST_F(ClientsTest, AClientThatIsHeldIsAnsweredWhenItIsNotAnyMore) {
    Connection one(bell, true);
    one.shake_hands();
    one.send(Connection::request(false));
    one.send(Connection::request(true));
    one.client->set_held(false);
    EXPECT_TRUE(one.receive_whole());
}

TEST_F(ClientsTest, AClientThatReadsNothingOrSendsHalfAMessageHoldsUpNobody) {
    Connection stuck(bell), half(bell), silent(bell), one(bell);
    stuck.shake_hands();
    stuck.send(Connection::request(false));
    half.shake_hands();
    half.send(Bytes{3, 0, 0});
    one.shake_hands();
    for (int i = 0; i < 3; ++i) {
        one.send(Connection::request(false));
        ASSERT_TRUE(one.receive_whole());
    }
    EXPECT_FALSE(stuck.client->has_ended());
    EXPECT_FALSE(half.client->has_ended());
}

TEST_F(ClientsTest, AMessageThatLibvncserverShallNotReadEndsTheConnection) {
    // File transfer, scaling, chat, a window of somebody's, a message of no kind.
    const Bytes types = {7, 8, 10, 11, 15, 21, 255};
    const auto connections = connect(types.size());
    for (std::size_t i = 0; i < types.size(); ++i) {
        connections[i]->shake_hands();
        connections[i]->send(Bytes{types[i], 1, 1, 1, 0, 0, 0, 1});
        EXPECT_TRUE(connections[i]->hung_up()) << int{types[i]};
    }
}

TEST_F(ClientsTest, AClientThatCanOnlyLookIsNotOfferedExtendedKeyEventsAndMaySendNone) {
    Connection one(bell);
    one.shake_hands();
    one.send(Bytes{2, 0, 0, 2, 0, 0, 0, 0, 0xff, 0xff, 0xfe, 0xfe});
    one.send(Connection::request(false));
    // The picture, and nothing before it.
    EXPECT_TRUE(one.receive_whole());
    one.send(Bytes{255, 0, 0, 1, 0, 0, 0, 'a', 0, 0, 0, 0x1e});
    EXPECT_TRUE(one.hung_up());
}

TEST_F(ClientsTest, TextForAClipboardIsReadAndLeadsToNothing) {
    Connection one(bell);
    one.shake_hands();
    one.send(Bytes{6, 0, 0, 0, 0, 0, 0x10, 0});
    one.send(Bytes(0x1000));
    one.send(Bytes{6, 0, 0, 0, 0xff, 0xff, 0xff, 0xfc, 1, 2, 3, 4});
    one.send(Connection::request(false));
    EXPECT_TRUE(one.receive_whole());
}

TEST_F(ClientsTest, ARequestForNoPixelIsNotTheEndOfTheProcess) {
    Connection one(bell);
    one.shake_hands();
    one.send(Connection::request(false));
    ASSERT_TRUE(one.receive_whole());
    constexpr std::uint8_t zlib = 6;
    one.send(Bytes{2, 0, 0, 1, 0, 0, 0, zlib});
    // Without a width, without a height, and from the edge on.
    one.send(Bytes{3, 0, 0, 0, 0, 0, 0, 0, 0, 48});
    EXPECT_EQ(one.receive(4), (Bytes{0, 0, 0, 1}));
    one.send(Bytes{3, 0, 0, 0, 0, 0, 0, 64, 0, 0});
    one.send(Bytes{3, 0, 2, 0x80, 0, 0, 0, 64, 0, 48});
    EXPECT_EQ(one.receive(12).size(), 12U);
}

TEST_F(ClientsTest, WhatIsNotVncIsHungUpOn) {
    for (const char* text :
         {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03xxxxx",
          "hello, hello, hello", "RFB 999.999\n"}) {
        Connection one(bell);
        one.send(text);
        EXPECT_TRUE(one.hung_up()) << text;
    }
}

TEST_F(ClientsTest, ABrowserThatOpensAWebSocketIsHungUpOn) {
    Connection one(bell);
    one.send(
        "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Protocol: binary\r\nOrigin: http://x\r\n\r\n");
    EXPECT_TRUE(one.hung_up());
}

TEST_F(ClientsTest, AnyBytesAfterTheHandshakeEndThatConnectionAtWorst) {
    std::mt19937 random(20261130);  // NOLINT(bugprone-random-generator-seed): the same bytes each time
    std::uniform_int_distribution<int> byte(0, 255), kind(0, 6);
    constexpr std::array<std::uint8_t, 7> kinds = {0, 2, 3, 4, 5, 6, 251};
    const auto connections = connect(40);
    for (const auto& one : connections) {
        one->shake_hands();
        Bytes bytes;
        for (int i = 0; i < 64; ++i) {
            bytes.push_back(kinds.at(static_cast<std::size_t>(kind(random))));
            for (int j = 0; j < 19; ++j)
                bytes.push_back(static_cast<std::uint8_t>(byte(random) & byte(random)));
        }
        one->send(bytes);
    }
    Connection other(bell);
    other.shake_hands();
    other.send(Connection::request(false));
    EXPECT_TRUE(other.receive_whole());
}

TEST_F(ClientsTest, AClientThatLeavesIsReportedAtOnce) {
    auto one = std::make_unique<Connection>(bell);
    one->shake_hands();
    std::unique_ptr<Client> client = std::move(one->client);
    one.reset();
    pollfd rung{bell.fd(), POLLIN, 0};
    ASSERT_EQ(::poll(&rung, 1, 20'000), 1);
    EXPECT_TRUE(client->has_ended());
    EXPECT_EQ(client->end_reason(), "left");
}

TEST_F(ClientsTest, ClientsEndAtOnceWhateverTheyWaitFor) {
    Connection stuck(bell), half(bell), silent(bell), idle(bell);
    stuck.shake_hands();
    for (int i = 0; i < 3; ++i) stuck.send(Connection::request(false));
    half.shake_hands();
    half.send(Bytes{0, 0});
    idle.shake_hands();
    idle.send(Connection::request(true));
    const auto begin = std::chrono::steady_clock::now();
    for (Connection* one : {&stuck, &half, &silent, &idle}) one->client.reset();
    // libvncserver would wait for 5 and 20 seconds.
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(4));
}

}  // namespace
}  // namespace vnc
