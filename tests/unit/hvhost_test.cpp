// The simulated host against a guest that is written out byte by byte, from the protocol's tables and no
// header.
#include "hvhost_fixture.h"

namespace hvhost {
namespace {

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
        options.max_minor = 2;
        return options;
    }
    AnOlderHost() : TheHost(older()) {}
};

TEST_F(AnOlderHost, refuses_a_newer_version_and_takes_an_older_one_after_it) {
    say({1, 0, 0, 0, 12, 0, 0, 0, 1, 0, 0, 0, 12, 0, 0, 0, 3, 0, 5, 0});
    Hex refused = hear(48);
    EXPECT_EQ(refused[36], 0);
    say({1, 0, 0, 0, 12, 0, 0, 0, 1, 0, 0, 0, 12, 0, 0, 0, 3, 0, 2, 0});
    EXPECT_EQ(hear(48)[36], 2);
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

TEST_F(TheHost, paints_only_what_is_submitted) {
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
        {1, 0, 0, 0, 11, 0, 0, 0, 1, 0, 0, 0, 12, 0, 0, 0, 3, 0, 5},  // a version cut short
        {1, 0, 0, 0, 12, 0, 0, 0, 1, 0, 0, 0, 12, 0,
         0, 0, 3, 0, 5,  0, 0, 0, 0, 0, 0, 0, 0,  0},                     // and more after it
        {2, 0, 0, 0, 12, 0, 0, 0, 1, 0, 0, 0, 12, 0, 0, 0, 3, 0, 5, 0},   // no pipe data
        {1, 0, 0, 0, 255, 0, 0, 0, 1, 0, 0, 0, 12, 0, 0, 0, 3, 0, 5, 0},  // the pipe's size is too large
        {1, 0, 0, 0, 10, 0, 0, 0, 10, 0, 0, 0, 10, 0, 0, 0, 0, 0},        // DIRT before the version
        {1, 0, 0, 0, 8, 0, 0, 0, 99, 0, 0, 0, 8, 0, 0, 0},                // no such type
        {1, 0, 0, 0},
        {1, 0, 0, 0, 0, 0, 0, 0}};  // no message at all
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

TEST_F(TheHost, counts_the_pixels_of_a_rectangle_and_of_a_pointer_however_large_they_are_said_to_be) {
    EXPECT_EQ(wire::area({0, 1, 2, 5}), 8u);
    EXPECT_EQ(wire::area({INT32_MIN, INT32_MIN, INT32_MAX, INT32_MAX}),
              0xffffffffu * std::uint64_t{0xffffffff});
    EXPECT_EQ(wire::area({3, 0, 2, INT32_MIN}), 0u);
    shake_hands();
    // 2^31 x 2^31 pixels of four bytes are 2^64 bytes, and there is none.
    say({1, 0, 0, 0, 26,  0, 0, 0, 8,   0, 0, 0, 26, 0, 0, 0, 255,
         1, 0, 0, 0, 128, 0, 0, 0, 128, 0, 0, 0, 0,  0, 0, 0, 0});
    EXPECT_EQ(host.status().complaints, 1u);
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
