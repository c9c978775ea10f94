// What viewers of a display get, and who is reported.
#include "display_fixture.h"

namespace hvfbd::testing {
namespace {

using namespace std::chrono_literals;
using ADisplay = DisplayFixture;

TEST_F(ADisplay, sends_viewers_what_changed_when_they_ask) {
    RawClient client = open_explicit();
    client.frame(1);
    ASSERT_TRUE(await(client, HVFB_PRESENTED));
    RawClient viewer = view();
    viewer.hello(0);
    viewer.send(HVFB_NEXT, hvfb_next{});
    auto first = await(viewer, HVFB_FRAME_READY);
    ASSERT_TRUE(first);
    EXPECT_EQ(first->as<hvfb_frame_ready>().count, 1u) << "the whole picture";
    client.pixel(2, 2) = 2;
    client.damaged({2, 2, 3, 3});
    client.frame(2);
    ASSERT_TRUE(await(client, HVFB_PRESENTED));
    client.pixel(20, 2) = 2;
    client.damaged({20, 2, 21, 3});
    client.frame(3);
    ASSERT_TRUE(await(client, HVFB_PRESENTED));
    EXPECT_FALSE(viewer.receive()) << "it has not asked";
    viewer.send(HVFB_NEXT, hvfb_next{});
    auto second = await(viewer, HVFB_FRAME_READY);
    ASSERT_TRUE(second);
    EXPECT_EQ(second->as<hvfb_frame_ready>().count, 2u);
    EXPECT_EQ(viewer.pixel(2, 2), 2u);
}

TEST_F(ADisplay, gives_a_viewer_the_front_of_a_new_mode_when_its_first_frame_is_presented) {
    RawClient client = open();
    client.hello(full_tracker);
    client.pixel(3, 4) = 0x34;
    ASSERT_TRUE(present(client, 1));
    RawClient viewer = view();
    viewer.hello(0);
    viewer.send(HVFB_NEXT, hvfb_next{});
    ASSERT_TRUE(present(client, 2));
    ASSERT_TRUE(await(viewer, HVFB_FRAME_READY));
    viewer.send(HVFB_NEXT, hvfb_next{});
    dispatch_while_ready();

    display->set_mode({400, 300}, loop.now());
    display->update(loop.now());
    // Until it answers nothing is known of what it draws, and the host refuses a frame after that.
    output.refuse_next(1);
    auto collect = await(client, HVFB_COLLECT);
    ASSERT_TRUE(collect);
    EXPECT_EQ(display->layout().width, 400u);
    EXPECT_FALSE(viewer.receive()) << "front is black";
    client.written(collect->as<hvfb_collect>().serial, HVFB_WRITTEN_EVERYTHING);
    ASSERT_TRUE(dispatch_until([&] { return front_pixel(3, 4) == 0x34; }));
    EXPECT_FALSE(viewer.receive()) << "nobody was shown it";

    std::optional<RawClient::Received> configure;
    ASSERT_TRUE(dispatch_until([&] { return (configure = viewer.receive()).has_value(); }));
    ASSERT_EQ(configure->type(), HVFB_CONFIGURE);
    ASSERT_TRUE(configure->attached);
    EXPECT_EQ(configure->as<hvfb_configure>().layout.width, 400u);
    Mapping pixels{configure->attached, display->layout().size, Mapping::Access::read};
    EXPECT_EQ(pixels.bytes()[display->layout().offset(3, 4)], std::byte{0x34});
    auto ready = viewer.receive();
    ASSERT_TRUE(ready);
    ASSERT_EQ(ready->type(), HVFB_FRAME_READY);
    EXPECT_EQ(ready->as<hvfb_frame_ready>().count, 1u) << "the whole picture";
}

TEST_F(ADisplay, who_is_reported_opened_and_then_cannot_be_served_is_reported_closed) {
    observer.on_opened = [] { throw std::bad_alloc(); };
    EXPECT_THROW(open(), std::bad_alloc);
    EXPECT_THROW(view(), std::bad_alloc);
    EXPECT_EQ(display->surfaces().size() + display->viewers().size(), 0u);
    EXPECT_EQ(observer.lines.size(), 1u);
    EXPECT_EQ(observer.viewers.size(), 1u);
}

TEST_F(ADisplay, who_can_be_reported_neither_opened_nor_closed_is_in_no_list) {
    observer.on_opened = observer.on_closed = [] { throw std::bad_alloc(); };
    EXPECT_THROW(open({"kept", true, true}), std::bad_alloc);
    EXPECT_THROW(view(), std::bad_alloc);
    EXPECT_EQ(display->surfaces().size() + display->viewers().size(), 0u);
    observer.on_opened = observer.on_closed = nullptr;
    RawClient next = open({"kept", true, true});
    EXPECT_EQ(display->surfaces().size(), 1u);
}

TEST_F(ADisplay, the_first_viewer_after_a_time_unseen_is_not_sent_the_old_picture) {
    RawClient client = open_explicit();
    client.frame(1);
    ASSERT_TRUE(await(client, HVFB_PRESENTED));
    output.set_visible(false);
    display->update(loop.now());
    client.pixel(8, 8) = 0x88;
    RawClient viewer = view();
    viewer.hello(0);
    viewer.send(HVFB_NEXT, hvfb_next{});
    display->update(loop.now());
    ASSERT_TRUE(await(viewer, HVFB_FRAME_READY));
    EXPECT_EQ(viewer.pixel(8, 8), 0x88u);
}

}  // namespace
}  // namespace hvfbd::testing
