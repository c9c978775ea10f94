// Which surface is shown, in which mode.
#include <fcntl.h>

#include "display_fixture.h"

namespace hvfbd::testing {
namespace {

using namespace std::chrono_literals;
using ADisplay = DisplayFixture;

TEST_F(ADisplay, shows_the_surface_below_when_the_top_one_closes_and_black_when_none_is_left) {
    RawClient below = open_explicit("below");
    below.pixel(0, 0) = 0x11;
    below.damaged({0, 0, 1, 1});
    ASSERT_TRUE(dispatch_until([&] { return front_pixel(0, 0) == 0x11; }));
    RawClient above = open_explicit("above");
    above.pixel(0, 0) = 0x22;
    above.damaged({0, 0, 1, 1});
    display->update(loop.now());
    ASSERT_TRUE(dispatch_until([&] { return front_pixel(0, 0) == 0x22; }));
    above.hang_up();
    ASSERT_TRUE(dispatch_until([&] { return front_pixel(0, 0) == 0x11; }));
    below.hang_up();
    ASSERT_TRUE(dispatch_until([&] { return front_pixel(0, 0) == 0; }));
    EXPECT_TRUE(output.host_equals(display->front()));
}

TEST_F(ADisplay, activate_puts_a_surface_on_top_and_close_revokes_it) {
    RawClient first = open_explicit("first");
    RawClient second = open_explicit("second");
    first.pixel(0, 0) = 0x11;
    display->activate(1, loop.now());
    display->update(loop.now());
    ASSERT_TRUE(dispatch_until([&] { return front_pixel(0, 0) == 0x11; }));
    display->close_surface(1, loop.now());
    display->update(loop.now());
    EXPECT_TRUE(await(first, HVFB_REVOKED));
    first.pixel(0, 0) = 0x12;
    EXPECT_TRUE(dispatch_until([&] { return front_pixel(0, 0) == 0; }));
    EXPECT_THROW(display->activate(1, loop.now()), RequestError);
}

TEST_F(ADisplay, a_kept_picture_stays_and_its_next_client_starts_from_it) {
    {
        RawClient client = open({"kept", true, true});
        client.hello(0);
        client.pixel(7, 7) = 0x77;
        client.damaged({7, 7, 8, 8});
        ASSERT_TRUE(dispatch_until([&] { return front_pixel(7, 7) == 0x77; }));
        EXPECT_THROW(open({"kept", true, true}), RequestError);
    }
    ASSERT_TRUE(dispatch_until([&] { return display->surfaces().active()->client() == nullptr; }));
    dispatch_until([] { return false; }, 100ms);
    EXPECT_EQ(front_pixel(7, 7), 0x77u);
    RawClient other_user = open({"kept", true, true}, 1001);
    EXPECT_EQ(other_user.pixel(7, 7), 0u);
    RawClient again = open({"kept", true, true});
    EXPECT_EQ(again.pixel(7, 7), 0x77u);
    EXPECT_EQ(display->surfaces().all().size(), 2u);
}

TEST_F(ADisplay, what_the_client_of_a_kept_surface_stored_last_is_shown_although_it_reported_nothing) {
    RawClient client = open({"kept", false, true});
    client.hello(full_tracker | HVFB_HELLO_CAN_REPORT);
    ASSERT_TRUE(present(client, 1));
    client.written(0, HVFB_TRACKER_RESTING << HVFB_WRITTEN_STATE_SHIFT);
    dispatch_while_ready();
    client.pixel(9, 9) = 0x99;
    client.hang_up();
    EXPECT_TRUE(dispatch_until([&] { return front_pixel(9, 9) == 0x99; }));
    EXPECT_TRUE(output.host_equals(display->front()));
}

TEST_F(ADisplay, a_kept_picture_is_that_of_the_buffer_which_its_client_took_although_nobody_read_that) {
    RawClient client = open({"kept", true, true});
    client.hello(0);
    ASSERT_TRUE(
        dispatch_until([&] { return display->surfaces().active()->client_state().handshake_complete(); }));
    display->set_mode({400, 300}, loop.now());
    display->update(loop.now());
    auto configure = await(client, HVFB_CONFIGURE);
    ASSERT_TRUE(configure && configure->attached);
    auto layout = configure->as<hvfb_configure>().layout;
    {
        Mapping pixels{configure->attached, layout.size, Mapping::Access::read_write};
        // As libhvfb does when it takes a buffer.
        ASSERT_EQ(::fcntl(configure->attached.get(), F_ADD_SEALS, F_SEAL_FUTURE_WRITE | F_SEAL_SEAL), 0);
        std::uint32_t pixel = 0x99;
        std::memcpy(pixels.bytes().data() + std::size_t{299} * layout.stride + 399 * 4, &pixel, 4);
    }
    client.hang_up();
    EXPECT_TRUE(dispatch_until([&] { return front_pixel(399, 299) == 0x99; }));
}

TEST_F(ADisplay, a_kept_picture_without_a_client_is_whole_again_after_a_smaller_mode) {
    {
        RawClient client = open({"kept", true, true});
        client.hello(0);
        client.pixel(300, 190) = 0x33;
        client.pixel(1, 1) = 0x11;
    }
    ASSERT_TRUE(dispatch_until([&] { return front_pixel(300, 190) == 0x33; }));
    for (Mode mode : {Mode{100, 80}, Mode{640, 400}}) {
        display->set_mode(mode, loop.now());
        display->update(loop.now());
        ASSERT_TRUE(dispatch_until([&] { return front_pixel(1, 1) == 0x11; }));
        EXPECT_TRUE(output.host_equals(display->front()));
    }
    EXPECT_EQ(front_pixel(300, 190), 0x33u);
    EXPECT_EQ(front_pixel(639, 399), 0u);
    RawClient again = open({"kept", true, true});
    EXPECT_EQ(again.layout().width, 640u);
    EXPECT_EQ(again.pixel(300, 190), 0x33u);
}

TEST_F(ADisplay, shows_what_a_client_that_came_back_had_drawn_before_it_said_hello) {
    RawClient client = open({"test", true, false});
    display->update(loop.now());
    dispatch_until([&] { return false; }, 100ms);
    client.pixel(4, 4) = 0x44;
    client.hello(0);
    EXPECT_TRUE(dispatch_until([&] { return front_pixel(4, 4) == 0x44; }));
}

TEST_F(ADisplay, offers_a_new_buffer_when_the_mode_changes_and_shows_the_old_one_until_it_is_taken) {
    RawClient client = open_explicit();
    client.pixel(3, 4) = 0x34;
    client.damaged({3, 4, 4, 5});
    ASSERT_TRUE(dispatch_until([&] { return front_pixel(3, 4) == 0x34; }));
    RawClient viewer = view();
    viewer.hello(0);

    display->set_mode({400, 300}, loop.now());
    display->update(loop.now());
    auto configure = await(client, HVFB_CONFIGURE);
    ASSERT_TRUE(configure);
    ASSERT_TRUE(configure->attached);
    auto message = configure->as<hvfb_configure>();
    EXPECT_EQ(message.layout.width, 400u);
    ASSERT_TRUE(await(viewer, HVFB_CONFIGURE));

    client.pixel(5, 5) = 0x55;
    client.damaged({5, 5, 6, 6});
    ASSERT_TRUE(dispatch_until([&] { return front_pixel(5, 5) == 0x55; }));
    EXPECT_EQ(front_pixel(3, 4), 0x34u);
    EXPECT_EQ(display->layout().width, 400u);

    Layout layout{message.layout.width, message.layout.height, message.layout.stride, message.layout.format,
                  message.layout.size};
    Mapping pixels{configure->attached, layout.size, Mapping::Access::read_write};
    auto at = [&](std::uint32_t x, std::uint32_t y) {
        return reinterpret_cast<std::uint32_t*>(pixels.bytes().data() + layout.offset(x, y));
    };
    EXPECT_EQ(*at(3, 4), 0x34u);
    *at(399, 299) = 0xff;
    client.send(HVFB_CONFIGURED, hvfb_configured{{}, message.serial});
    ASSERT_TRUE(dispatch_until([&] { return front_pixel(399, 299) == 0xff; }));
    EXPECT_EQ(front_pixel(5, 5), 0u) << "what was drawn into the old buffer after the offer stays there";
    EXPECT_TRUE(output.host_equals(display->front()));
}

TEST_F(ADisplay, shows_a_client_that_brings_a_picture_of_another_mode_clipped_and_offers_it_the_displays) {
    for (bool kept : {false, true}) {
        // The second time it comes back to the picture that the first one left.
        for (Mode mode : {Mode{640, 100}, Mode{100, 640}}) {
            SurfaceOptions options{"back", true, kept, layout_for(mode, mode.width * 4 + 64)};
            RawClient client = open(options);
            ASSERT_EQ(client.layout(), *options.layout);
            client.pixel(mode.width - 1, mode.height - 1) = 0x66;
            client.pixel(99, 99) = 0x99;
            dispatch_while_ready();
            EXPECT_FALSE(client.receive()) << "HELLO is the first that is said";
            client.hello(0);
            ASSERT_TRUE(dispatch_until([&] { return front_pixel(99, 99) == 0x99; }));
            EXPECT_TRUE(output.host_equals(display->front()));
            std::vector<std::uint32_t> heard;
            std::optional<RawClient::Received> offer;
            ASSERT_TRUE(dispatch_until([&] {
                while ((offer = client.receive())) {
                    heard.push_back(offer->type());
                    if (offer->type() == HVFB_CONFIGURE) return true;
                }
                return false;
            }));
            EXPECT_EQ(heard, (std::vector<std::uint32_t>{HVFB_HELLO, HVFB_STATE, HVFB_CONFIGURE}));
            const auto configure = offer->as<hvfb_configure>();
            EXPECT_EQ(configure.layout.width, 320u);
            EXPECT_EQ(configure.layout.height, 200u);
            Mapping pixels{offer->attached, configure.layout.size, Mapping::Access::read_write};
            const std::uint32_t pixel = 0x77;
            std::memcpy(pixels.bytes().data() + std::size_t{199} * configure.layout.stride + 319 * 4, &pixel,
                        4);
            client.send(HVFB_CONFIGURED, hvfb_configured{{}, configure.serial});
            ASSERT_TRUE(dispatch_until([&] { return front_pixel(319, 199) == 0x77; }));
            EXPECT_TRUE(output.host_equals(display->front()));
            client.hang_up();
            ASSERT_TRUE(dispatch_until([&] {
                const Surface* active = display->surfaces().active();
                return !active || !active->client();
            }));
        }
    }
}

TEST_F(ADisplay, offers_nothing_to_a_client_that_asks_for_the_layout_that_the_display_has) {
    RawClient client = open({"same", true, false, display->layout()});
    client.hello(0);
    ASSERT_TRUE(await(client, HVFB_STATE));
    dispatch_while_ready();
    EXPECT_FALSE(client.receive());
}

TEST_F(ADisplay, says_hello_before_it_offers_a_mode_that_came_before_the_clients_hello) {
    RawClient client = open({"late", true, false});
    display->set_mode({400, 300}, loop.now());
    display->update(loop.now());
    dispatch_while_ready();
    EXPECT_FALSE(client.receive());
    client.hello(0);
    ASSERT_TRUE(
        dispatch_until([&] { return display->surfaces().active()->client_state().handshake_complete(); }));
    dispatch_while_ready();
    for (hvfb_message_type type : {HVFB_HELLO, HVFB_STATE, HVFB_CONFIGURE}) {
        auto received = client.receive();
        ASSERT_TRUE(received);
        EXPECT_EQ(received->type(), type);
    }
}

TEST_F(ADisplay, has_a_limit_for_the_memory_of_a_users_pictures_of_other_modes) {
    auto busy = [&](const SurfaceOptions& options, uid_t uid) {
        try {
            open(options, uid);
            return false;
        } catch (const RequestError& refused) {
            return refused.kind() == RequestError::Kind::busy;
        }
    };
    SurfaceOptions large{"large", true, false, layout_for({4096, 4096})};  // 64 MiB
    std::vector<RawClient> clients;
    for (int i = 0; i < 4; ++i) clients.push_back(open(large));
    EXPECT_TRUE(busy({"one more", true, false, layout_for({16, 16})}, 1000));
    EXPECT_FALSE(busy({"display's", true, false, display->layout()}, 1000));
    EXPECT_FALSE(busy({"display's", true, false}, 1000));
    EXPECT_FALSE(busy(large, 1001));
    EXPECT_TRUE(busy({"enormous", true, false, layout_for({16384, 16384})}, 1002));
    clients.pop_back();
    ASSERT_TRUE(dispatch_until([&] { return !busy(large, 1000); }));
}

}  // namespace
}  // namespace hvfbd::testing
