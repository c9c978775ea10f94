#include "surfaces/channel.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <thread>

#include "turning.h"

namespace hvfbd::testing {
namespace {

using namespace std::chrono_literals;

class AChannel : public ::testing::Test {
  protected:
    static constexpr Duration patience = 160ms;

    // Sends until something waits for the peer to read.
    void fill() {
        message::Packet packet;
        for (int i = 0; i < 5000; ++i) {
            message::encode_collect(packet, static_cast<std::uint64_t>(i));
            channel.send(packet);
        }
    }
    void read_all() const {
        char bytes[HVFB_MESSAGE_MAX];
        while (::recv(peer.get(), bytes, sizeof bytes, MSG_DONTWAIT) > 0) {
        }
    }

    EventLoop loop;
    std::optional<std::string> hung_up;
    Channel channel{loop, [](const message::FromClient&) { return std::nullopt; },
                    [this](Channel::Ending, std::string_view why) { hung_up = std::string(why); }, patience};
    Descriptor peer = channel.take_peer_end();
};

TEST_F(AChannel, hangs_up_a_peer_that_does_not_read_while_the_daemon_runs) {
    Time begun = clock_now();
    fill();
    ASSERT_TRUE(turn_until(loop, [&] { return hung_up.has_value(); }));
    EXPECT_GE(clock_now() - begun, patience);
}

TEST_F(AChannel, does_not_hang_up_a_peer_that_could_not_read_while_all_was_stopped) {
    fill();
    loop.run_once(1ms);
    // Nothing runs the loop: as if this process, and the peer, were stopped.
    std::this_thread::sleep_for(2 * patience);
    while (loop.run_once(Duration(0))) {
    }
    EXPECT_FALSE(hung_up) << *hung_up;
    read_all();
    turn_until(
        loop, [] { return false; }, 2 * patience);
    EXPECT_FALSE(hung_up) << *hung_up;
}

}  // namespace
}  // namespace hvfbd::testing
