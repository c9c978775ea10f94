// The simulated host against a guest that is written out byte by byte, from the protocol's tables and no
// header.
#include <gtest/gtest.h>

#include <cstring>

#include "hvhost/host.h"

namespace hvhost {
namespace {

using Hex = std::vector<int>;

struct Ears : Listener {
    void interrupt() override { ++interrupts; }
    void rescind() override {}
    void said(const std::string& line) override { lines.push_back(line); }
    unsigned interrupts = 0;
    std::vector<std::string> lines;
};

class TheHost : public ::testing::Test {
  protected:
    static constexpr std::size_t half = 4096 + 4096;

    explicit TheHost(const Options& options = {}) : host(options, video, ears) {
        host.opened(rings, 0xf8000000, {});
    }

    std::uint32_t& word(std::size_t at) { return *reinterpret_cast<std::uint32_t*>(rings.data() + at); }
    // What the guest puts into the ring, descriptor and all.
    void put(const Hex& packet) {
        std::uint32_t at = word(0);
        for (std::size_t i = 0; i < packet.size() + 8; ++i) {
            // The trailer: where the packet began, in its upper half.
            std::uint64_t end = std::uint64_t{word(0)} << 32;
            int value =
                i < packet.size() ? packet[i] : static_cast<int>(end >> (8 * (i - packet.size())) & 0xff);
            rings[4096 + at++ % 4096] = static_cast<std::byte>(value);
        }
        word(0) = at % 4096;
    }
    // A whole in-band packet with this pipe message.
    void say(Hex message) {
        message.resize((message.size() + 7) / 8 * 8);
        Hex packet{6, 0, 2, 0, static_cast<int>(2 + message.size() / 8), 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0};
        packet.insert(packet.end(), message.begin(), message.end());
        put(packet);
        host.doorbell({});
    }
    // The bytes of the ring to the guest from where it has read to, so many; read after that.
    Hex hear(std::size_t count) {
        Hex bytes;
        std::uint32_t& read = word(half + 4);
        for (std::size_t i = 0; i < count; ++i)
            bytes.push_back(std::to_integer<int>(rings[half + 4096 + (read + i) % 4096]));
        read = (read + static_cast<std::uint32_t>(count)) % 4096;
        return bytes;
    }
    bool silent() { return word(half) == word(half + 4); }
    void shake_hands() {
        say({1, 0, 0, 0, 12, 0, 0, 0, 1, 0, 0, 0, 12, 0, 0, 0, 3, 0, 5, 0});
        // 0xf8000000
        say({1, 0, 0,    0, 25, 0, 0, 0, 3, 0, 0, 0,    25, 0, 0, 0, 0,
             0, 0, 0xf8, 0, 0,  0, 0, 1, 0, 0, 0, 0xf8, 0,  0, 0, 0});
        // 8 x 4, pitch 32
        say({1, 0, 0, 0, 35, 0, 0, 0, 5,  0, 0, 0, 35, 0, 0, 0, 7, 0,  0, 0, 0, 0,
             0, 0, 1, 1, 0,  0, 0, 0, 32, 8, 0, 0, 0,  4, 0, 0, 0, 32, 0, 0, 0});
        word(half + 4) = word(half);
    }

    std::vector<std::byte> rings = std::vector<std::byte>(2 * half), video = std::vector<std::byte>(8192);
    Ears ears;
    Host host;
};

TEST_F(TheHost, answers_the_version_and_says_at_once_who_looks) {
    say({1, 0, 0, 0, 12, 0, 0, 0, 1, 0, 0, 0, 12, 0, 0, 0, 3, 0, 5, 0});
    EXPECT_EQ(hear(48), (Hex{6, 0, 2, 0, 5,  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 14, 0, 0, 0,
                             2, 0, 0, 0, 14, 0, 0, 0, 3, 0, 5, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0,  0, 0, 0}));
    EXPECT_EQ(hear(48), (Hex{6, 0, 2, 0, 5,  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 12, 0, 0, 0,
                             9, 0, 0, 0, 12, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 48, 0, 0, 0}));
    EXPECT_TRUE(silent());
    EXPECT_EQ(ears.interrupts, 1u) << "the second one found the ring not empty";
}

class AnOlderHost : public TheHost {
  protected:
    static Options older() {
        Options options;
        options.like = Options::Like::openvmm;
        options.max_minor = 2;
        return options;
    }
    AnOlderHost() : TheHost(older()) {}
};

TEST_F(AnOlderHost, refuses_a_newer_version_and_takes_an_older_one_after_it) {
    say({1, 0, 0, 0, 12, 0, 0, 0, 1, 0, 0, 0, 12, 0, 0, 0, 3, 0, 5, 0});
    Hex refused = hear(48);
    EXPECT_EQ(refused[36], 0);
    EXPECT_EQ(refused[28], 6) << "OpenVMM counts the body alone";
    say({1, 0, 0, 0, 12, 0, 0, 0, 1, 0, 0, 0, 12, 0, 0, 0, 3, 0, 2, 0});
    EXPECT_EQ(hear(48)[36], 2);
    EXPECT_TRUE(silent()) << "it never says who looks";
}

TEST_F(TheHost, answers_with_its_resolutions_if_asked_for_all) {
    shake_hands();
    say({1, 0, 0, 0, 9, 0, 0, 0, 13, 0, 0, 0, 9, 0, 0, 0, 64});
    // 16 + 16 + 131 + 3 * 4 = 175, in 176
    Hex packet = hear(184);
    EXPECT_EQ(packet[4], 22);
    EXPECT_EQ(Hex(packet.begin() + 24, packet.begin() + 28), (Hex{14, 0, 0, 0}));
    EXPECT_EQ(Hex(packet.begin() + 160, packet.begin() + 175),
              (Hex{3, 0, 0, 0, 4, 0, 3, 0, 5, 0, 4, 0x80, 7, 0x38, 4}));
    say({1, 0, 0, 0, 9, 0, 0, 0, 13, 0, 0, 0, 9, 0, 0, 0, 63});
    EXPECT_EQ(hear(176)[160], 0) << "none, if asked for fewer";
}

TEST_F(TheHost, paints_only_what_it_is_told) {
    shake_hands();
    std::memset(video.data(), 0x11, video.size());
    // 1,1 to 3,2
    say({1, 0, 0, 0, 26, 0, 0, 0, 10, 0, 0, 0, 26, 0, 0, 0, 0,
         1, 1, 0, 0, 0,  1, 0, 0, 0,  3, 0, 0, 0,  2, 0, 0, 0});
    for (std::size_t i = 0; i < 32; ++i)
        EXPECT_EQ(host.window().pixels()[i], i == 9 || i == 10 ? 0x11111111u : Window::unpainted) << i;
    EXPECT_EQ(host.status().complaints, 0u);
    EXPECT_EQ(host.status().dirt_pixels, 2u);
    say({1, 0, 0, 0, 26, 0, 0, 0, 10, 0, 0, 0, 26, 0, 0, 0, 0,
         1, 7, 0, 0, 0,  1, 0, 0, 0,  9, 0, 0, 0,  2, 0, 0, 0});
    EXPECT_EQ(host.status().complaints, 1u) << "beyond the right edge";
}

TEST_F(TheHost, is_dead_after_anything_malformed_until_the_channel_is_opened_again) {
    const Hex wrong[] = {
        {1, 0, 0, 0, 11, 0, 0, 0, 1, 0, 0, 0, 12, 0, 0, 0, 3, 0, 5},      // a version cut short
        {2, 0, 0, 0, 12, 0, 0, 0, 1, 0, 0, 0, 12, 0, 0, 0, 3, 0, 5, 0},   // no pipe data
        {1, 0, 0, 0, 255, 0, 0, 0, 1, 0, 0, 0, 12, 0, 0, 0, 3, 0, 5, 0},  // the pipe's size is too large
        {1, 0, 0, 0, 10, 0, 0, 0, 10, 0, 0, 0, 10, 0, 0, 0, 0, 0},        // DIRT before the version
        {1, 0, 0, 0, 8, 0, 0, 0, 99, 0, 0, 0, 8, 0, 0, 0},                // no such type
        {1, 0, 0, 0}};
    for (const Hex& message : wrong) {
        say(message);
        EXPECT_EQ(host.status().state, Host::State::dead);
        say({1, 0, 0, 0, 12, 0, 0, 0, 1, 0, 0, 0, 12, 0, 0, 0, 3, 0, 5, 0});
        EXPECT_TRUE(silent());
        host.closed();
        host.opened(rings, 0xf8000000, {});
    }
    shake_hands();
    EXPECT_EQ(host.status().state, Host::State::active);
    say({1, 0, 0, 0, 26, 0, 0, 0, 10, 0, 0, 0, 26, 0, 0, 0, 0,
         2, 1, 0, 0, 0,  1, 0, 0, 0,  3, 0, 0, 0,  2, 0, 0, 0});
    EXPECT_EQ(host.status().state, Host::State::dead) << "DIRT that says it has two rectangles, and has one";
}

TEST_F(TheHost, is_dead_after_a_packet_that_cannot_be) {
    put({6, 0, 1, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
    host.doorbell({});
    EXPECT_EQ(host.status().state, Host::State::dead);
    host.closed();
    host.opened(rings, 0xf8000000, {});
    word(0) = 4097;
    host.doorbell({});
    EXPECT_EQ(host.status().state, Host::State::dead);
    EXPECT_EQ(host.status().garbage, 2u);
}

TEST_F(TheHost, forgets_its_picture_when_it_shows_its_window_again) {
    shake_hands();
    say({1, 0, 0, 0, 26, 0, 0, 0, 10, 0, 0, 0, 26, 0, 0, 0, 0,
         1, 0, 0, 0, 0,  0, 0, 0, 0,  8, 0, 0, 0,  4, 0, 0, 0});
    EXPECT_EQ(host.window().pixels()[0], 0u);
    host.hide({});
    EXPECT_EQ(hear(48)[32], 0);
    host.show({});
    EXPECT_EQ(hear(48)[32], 1);
    EXPECT_EQ(host.window().pixels()[0], Window::unpainted);
}

}  // namespace
}  // namespace hvhost
