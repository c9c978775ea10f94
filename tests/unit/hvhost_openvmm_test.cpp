// The simulated host like OpenVMM: what that takes, what it does not, and what its VNC server makes of it.
#include <algorithm>

#include "hvhost_fixture.h"

namespace hvhost {
namespace {

using namespace std::chrono_literals;

class OpenVmm : public TheHost {
  protected:
    static Options openvmm() {
        Options options;
        options.like = Options::Like::openvmm;
        return options;
    }
    explicit OpenVmm(std::size_t data = 65536) : TheHost(openvmm(), data) {}

    // A message of this type.
    static Hex message(int type, Hex body) {
        auto size = static_cast<int>(8 + body.size());
        Hex whole{1, 0, 0, 0, size & 0xff, size >> 8, 0, 0, type, 0, 0, 0, 0, 0, 0, 0};
        whole.insert(whole.end(), body.begin(), body.end());
        return whole;
    }
    static Hex box(int left, int top, int right, int bottom) {
        return {0, 1, left & 0xff,   left >> 8,   0, 0, top & 0xff, top >> 8, 0, 0, right & 0xff, right >> 8,
                0, 0, bottom & 0xff, bottom >> 8, 0, 0};
    }
    Host::State state() const { return host.status().state; }
    void open_again() {
        host.closed();
        host.opened(rings, 0xf8000000, {});
    }
};

TEST_F(OpenVmm, accepts_every_version_of_its_major_one_and_never_says_who_looks) {
    for (int minor : {0, 2, 5, 6, 255}) {
        say(message(1, {3, 0, minor, 0}));
        Hex answer = hear(48);
        EXPECT_EQ(answer[28], 6) << "it counts the body alone";
        EXPECT_EQ(Hex(answer.begin() + 32, answer.begin() + 38), (Hex{3, 0, minor, 0, 2, 1}));
        EXPECT_TRUE(silent());
        open_again();
    }
    say(message(1, {4, 0, 0, 0}));
    EXPECT_EQ(hear(48)[36], 0);
    say(message(1, {3, 0, 2, 0}));
    EXPECT_EQ(hear(48)[36], 2) << "after a refusal it may be asked again";
    say(message(1, {3, 0, 2, 0}));
    EXPECT_EQ(state(), Host::State::dead) << "but not after an acceptance";
}

TEST_F(OpenVmm, says_of_its_bios_that_it_can_stop_and_of_itself_that_it_locks_nothing) {
    shake_hands();
    say(message(11, {}));
    Hex bios = hear(56);
    EXPECT_EQ(Hex(bios.begin() + 16, bios.begin() + 36),
              (Hex{1, 0, 0, 0, 24, 0, 0, 0, 12, 0, 0, 0, 16, 0, 0, 0, 1, 0, 0, 0}));
    say(message(15, {}));
    Hex capability = hear(104);
    EXPECT_EQ(Hex(capability.begin() + 16, capability.begin() + 32),
              (Hex{1, 0, 0, 0, 72, 0, 0, 0, 16, 0, 0, 0, 64, 0, 0, 0}));
    EXPECT_EQ(Hex(capability.begin() + 32, capability.begin() + 96), Hex(64, 0));
    EXPECT_EQ(state(), Host::State::active);
}

TEST_F(OpenVmm, lists_a_monitor_with_its_resolutions) {
    shake_hands();
    say(message(13, {64}));
    Hex packet = hear(184);
    EXPECT_EQ(packet[32] + packet[33], 255) << "an EDID begins with these";
    int sum = 0;
    for (int i = 0; i < 128; ++i) sum += packet[static_cast<std::size_t>(32 + i)];
    EXPECT_EQ(sum % 256, 0);
    EXPECT_EQ(packet[160], 3);
    EXPECT_EQ(packet[162], 0) << "not the standard list";
}

TEST_F(OpenVmm, tolerates_what_follows_a_message_and_what_it_does_not_look_at) {
    shake_hands();
    Hex longer = message(10, box(1, 1, 3, 2));
    longer.insert(longer.end(), 40, 0xff);
    say(longer);
    EXPECT_EQ(host.status().dirts, 1u) << "behind the message, in the same packet";
    Hex body = box(1, 1, 3, 2);
    body.insert(body.end(), 40, 0xff);
    say(message(10, body));
    EXPECT_EQ(host.status().dirts, 2u) << "behind the body, in the same message";
    say(message(8, {}));
    EXPECT_EQ(state(), Host::State::active) << "POINTER_SHAPE without a body";
    Hex odd = message(10, box(0, 0, 1, 1));
    odd[12] = odd[13] = odd[14] = odd[15] = 0xff;
    say(odd);
    EXPECT_EQ(host.status().dirts, 3u) << "the inner size";
    EXPECT_EQ(host.status().complaints, 0u);
    std::uint32_t before = word(0);
    put({6, 0, 2, 0, 4, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 8, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0});
    for (int i = 1; i <= 8; ++i)
        rings[4096 + (word(0) + data_size - static_cast<std::size_t>(i)) % data_size] = std::byte{0x77};
    host.doorbell({});
    EXPECT_NE(word(0), before);
    EXPECT_EQ(state(), Host::State::active) << "a wrong trailer";
    EXPECT_EQ(word(4), word(0)) << "everything is read";
}

TEST_F(OpenVmm, takes_a_message_of_16384_bytes_and_none_that_is_longer) {
    shake_hands();
    Hex body = box(1, 1, 3, 2);
    body.resize(16384 - 8);
    say(message(10, body));
    EXPECT_EQ(host.status().dirts, 1u);
    body.push_back(0);
    say(message(10, body));
    EXPECT_EQ(state(), Host::State::dead);
}

TEST_F(OpenVmm, is_dead_when_the_guest_masks_the_ring_that_it_reads) {
    shake_hands();
    ASSERT_EQ(word(8), 0u) << "open while it waits";
    word(8) = 1;
    say(message(10, box(0, 0, 1, 1)));
    EXPECT_EQ(state(), Host::State::dead);
    EXPECT_EQ(host.status().dirts, 0u);
}

TEST_F(OpenVmm, reads_a_message_that_kills_it_but_no_packet_that_does) {
    shake_hands();
    std::uint32_t before = word(0);
    say(message(99, {}));
    EXPECT_EQ(state(), Host::State::dead);
    EXPECT_EQ(word(4), word(0));
    EXPECT_NE(word(0), before);
    std::uint32_t read = word(4);
    say(message(10, box(0, 0, 1, 1)));
    EXPECT_EQ(word(4), read) << "nothing more is read, which is how a guest can notice";
    open_again();
    put({7, 0, 2, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
    host.doorbell({});
    EXPECT_EQ(state(), Host::State::dead);
    EXPECT_EQ(word(4), 0u);
}

class OpenVmmWithASmallRing : public OpenVmm {
  protected:
    OpenVmmWithASmallRing() : OpenVmm(4096) {}
};

TEST_F(OpenVmmWithASmallRing, drops_no_answer_that_has_no_room_and_reads_nothing_until_it_has) {
    shake_hands();
    // 104 bytes each: 39 of them have room in 4088.
    for (int i = 0; i < 60; ++i) {
        put({6, 0, 2, 0, 4, 0, 0, 0, 9,  0, 0, 0, 0, 0, 0, 0,
             1, 0, 0, 0, 8, 0, 0, 0, 15, 0, 0, 0, 0, 0, 0, 0});
        host.doorbell({});
    }
    EXPECT_EQ(host.status().waited, 1u);
    EXPECT_EQ(word(half + 12), 1024u) << "a quarter of the ring is waited for, as pending_send_sz says";
    EXPECT_NE(word(4), word(0)) << "the requests after it are not read";
    unsigned interrupts = ears.interrupts;
    int answers = 0;
    for (; !silent(); ++answers) {
        ASSERT_EQ(hear(104)[24], 16) << answers;
        // As a guest does: a signal as soon as there is as much room as is waited for.
        std::uint32_t wanted = word(half + 12), read = word(half + 4), write = word(half);
        std::uint32_t room = (read > write ? read - write : 4096 - write + read) - 8;
        if (wanted != 0 && room >= wanted && room - 104 < wanted) host.doorbell({});
    }
    EXPECT_EQ(answers, 60);
    EXPECT_EQ(word(half + 12), 0u);
    EXPECT_EQ(host.status().needless_doorbells, 0u);
    EXPECT_EQ(ears.interrupts, interrupts) << "the ring was never empty when one was put";
    EXPECT_EQ(state(), Host::State::active);
}

TEST_F(OpenVmmWithASmallRing, is_dead_when_it_needs_a_read_index_that_cannot_be) {
    shake_hands();
    word(half + 4) = 4099;
    for (int i = 0; i < 60 && state() != Host::State::dead; ++i) say(message(15, {}));
    EXPECT_EQ(state(), Host::State::dead);
}

TEST_F(OpenVmmWithASmallRing, interrupts_a_guest_that_waits_for_room_once_there_is_enough) {
    shake_hands();
    host.stall(true, {});
    for (int i = 0; i < 60; ++i) say(message(10, box(0, 0, 1, 1)));
    unsigned interrupts = ears.interrupts;
    word(12) = 2000 + 1;  // the lowest bits are none of the size
    host.stall(false, {});
    EXPECT_EQ(ears.interrupts, interrupts + 1);
    EXPECT_EQ(host.status().dirts, 60u);
}

// ---- its VNC server

class AVncClient : public ::testing::Test {
  protected:
    AVncClient() {
        client.resize(1024, 768, now);
        look();
        EXPECT_EQ(client.pixels(), 1024u * 768);
    }
    // What the next look of the server sends.
    std::uint64_t look() {
        std::uint64_t before = client.pixels();
        if (auto at = client.wake_at()) now = *at;
        client.tick(now);
        return client.pixels() - before;
    }
    Time now{1h};
    VncClient client;
};

TEST_F(AVncClient, is_sent_the_tiles_that_four_messages_touch_and_the_whole_screen_for_a_fifth) {
    for (int i = 0; i < 4; ++i) client.dirt({{i * 100, 0, i * 100 + 1, 1}}, now);
    EXPECT_EQ(look(), 4u * 256);
    EXPECT_FALSE(client.wake_at()) << "nothing runs at rest";
    for (int i = 0; i < 5; ++i) client.dirt({{i * 100, 0, i * 100 + 1, 1}}, now);
    EXPECT_EQ(look(), 1024u * 768);
    EXPECT_EQ(client.repaints(), 1u);
    client.dirt({{1023, 767, 5000, 5000}, {-9, 0, 17, 1}, {20, 20, 20, 30}}, now);
    EXPECT_EQ(look(), 3u * 256) << "clamped; touched twice, sent once";
    client.dirt({}, now);
    EXPECT_EQ(look(), 0u);
}

TEST_F(AVncClient, has_room_for_four_more_after_each_look) {
    for (int frame = 0; frame < 20; ++frame) {
        for (int i = 0; i < 4; ++i) client.dirt({{i * 100, 0, i * 100 + 1, 1}}, now);
        now += 50ms;
    }
    EXPECT_EQ(client.repaints(), 0u);
    client.resize(800, 600, now);
    EXPECT_EQ(look(), 800u * 600) << "another picture is sent whole";
    EXPECT_EQ(client.repaints(), 0u);
}

}  // namespace
}  // namespace hvhost
