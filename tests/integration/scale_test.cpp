// Many surfaces and many who look.
#include "display_fixture.h"

namespace hvfbd::testing {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t resting_tracker =
    HVFB_HELLO_CAN_ANNOUNCE | HVFB_HELLO_CAN_SCAN | HVFB_HELLO_CAN_REPORT;
constexpr std::uint32_t resting = HVFB_TRACKER_RESTING << HVFB_WRITTEN_STATE_SHIFT;

class ManyClients : public DisplayFixture {
  protected:
    static constexpr std::size_t surfaces = 64, viewers = 8;

    // 64 surfaces of four users, the last one active; each client has said all that it has to say.
    ManyClients() {
        without_recheck();
        for (std::size_t i = 0; i < surfaces; ++i) {
            clients.push_back(open({"many", false, false}, static_cast<uid_t>(1000 + i / 16)));
            RawClient& client = clients.back();
            client.hello(resting_tracker);
            if (auto collect = await(client, HVFB_COLLECT))
                client.written(collect->as<hvfb_collect>().serial, HVFB_WRITTEN_EVERYTHING | resting);
            dispatch_until([&] { return display->surfaces().active()->tracking_state() == "resting"; });
        }
        dispatch_while_ready();
        for (RawClient& client : clients) forget(client);
    }
    static unsigned forget(RawClient& client) {
        unsigned messages = 0;
        while (client.receive()) ++messages;
        return messages;
    }
    std::vector<RawClient> clients;
};

TEST_F(ManyClients, of_which_one_draws_cost_the_others_no_message_and_the_daemon_no_dispatch) {
    std::uint64_t dispatches = display->statistics().wakeups, frames = display->statistics().frames;
    RawClient& active = clients.back();
    for (std::uint32_t i = 1; i <= 20; ++i) {
        active.pixel(i, 7) = i;
        active.written(0, resting, {{0, 8}});
        ASSERT_TRUE(dispatch_until([&] { return front_pixel(i, 7) == i; }));
    }
    EXPECT_EQ(display->statistics().frames - frames, 20u);
    // A report, and the end of the interval that it has to wait for.
    EXPECT_LE(display->statistics().wakeups - dispatches, 40u);
    for (std::size_t i = 0; i + 1 < surfaces; ++i) EXPECT_EQ(forget(clients[i]), 0u) << i;
}

TEST_F(ManyClients, and_eight_viewers_rest_together) {
    std::vector<RawClient> looking;
    for (std::size_t i = 0; i < viewers; ++i) looking.push_back(view());
    for (RawClient& viewer : looking) {
        viewer.hello(0);
        viewer.send(HVFB_NEXT, hvfb_next{});
        EXPECT_TRUE(await(viewer, HVFB_FRAME_READY));
        viewer.send(HVFB_NEXT, hvfb_next{});
    }
    // What a viewer's first request brings about: the active client is collected from once.
    dispatch_until(
        [&] {
            while (auto message = clients.back().receive())
                if (message->type() == HVFB_COLLECT)
                    clients.back().written(message->as<hvfb_collect>().serial, resting);
            return false;
        },
        500ms);
    EXPECT_FALSE(loop.run_once(500ms));
    // And all get the frame of one store.
    clients.back().pixel(3, 3) = 0x123456;
    clients.back().written(0, resting, {{0, 4}});
    for (RawClient& viewer : looking) EXPECT_TRUE(await(viewer, HVFB_FRAME_READY));
}

TEST_F(ManyClients, that_all_report_at_once_though_none_was_asked_do_not_hide_the_active_one) {
    for (std::size_t i = 0; i + 1 < surfaces; ++i)
        for (int n = 0; n < 50; ++n) clients[i].written(0, resting, {{0, 4}});
    clients.back().pixel(9, 9) = 0x654321;
    clients.back().written(0, resting, {{0, 8}});
    EXPECT_TRUE(dispatch_until([&] { return front_pixel(9, 9) == 0x654321; }));
}

}  // namespace
}  // namespace hvfbd::testing
