// Which surface lies above which: a background below all programs.
#include "display_fixture.h"

namespace hvfbd::testing {
namespace {

using namespace std::chrono_literals;
using ADisplay = DisplayFixture;

TEST_F(ADisplay, a_background_is_shown_while_no_other_surface_is_left_however_new_it_is) {
    auto shows = [&](std::uint32_t pixel) {
        return dispatch_until([&] { return front_pixel(0, 0) == pixel; });
    };
    auto draw = [&](RawClient& client, std::uint32_t pixel) {
        client.hello(0);
        client.pixel(0, 0) = pixel;
        client.damaged({0, 0, 1, 1});
    };
    RawClient program = open({"program", true, false});
    draw(program, 0x11);
    ASSERT_TRUE(shows(0x11));
    RawClient console = open({"console", true, false, {}, Layer::background});
    draw(console, 0x22);
    console.frame(1);
    auto answered = await(console, HVFB_PRESENTED);
    ASSERT_TRUE(answered);
    EXPECT_EQ(answered->as<hvfb_presented>().flags, HVFB_PRESENTED_NOT_SHOWN);
    EXPECT_EQ(front_pixel(0, 0), 0x11u);
    program.hang_up();
    ASSERT_TRUE(shows(0x22));
    RawClient wallpaper = open({"wallpaper", true, false, {}, Layer::background});
    draw(wallpaper, 0x33);
    ASSERT_TRUE(shows(0x33)) << "the newest of them";
    RawClient next = open({"next", true, false});
    draw(next, 0x44);
    ASSERT_TRUE(shows(0x44));
    next.hang_up();
    ASSERT_TRUE(shows(0x33));
    wallpaper.hang_up();
    EXPECT_TRUE(shows(0x22));
}

TEST_F(ADisplay, a_background_whose_client_comes_back_covers_no_program_and_other_backgrounds) {
    const SurfaceOptions kept{"console", true, true, {}, Layer::background};
    auto first = std::make_unique<RawClient>(open(kept));
    RawClient program = open_explicit("program");
    RawClient wallpaper = open({"wallpaper", true, false, {}, Layer::background});
    first->hang_up();
    ASSERT_TRUE(dispatch_until([&] { return display->surfaces().all()[0]->client() == nullptr; }));
    RawClient again = open(kept);
    std::vector<SurfaceNumber> order;
    for (const Surface* surface : display->surfaces().all()) order.push_back(surface->number());
    EXPECT_EQ(order, (std::vector<SurfaceNumber>{3, 1, 2}));
    EXPECT_EQ(display->surfaces().active()->number(), 2u);
}

TEST_F(ADisplay, a_kept_surface_has_the_layer_that_its_newest_client_chose) {
    RawClient program = open_explicit("program");
    for (Layer layer : {Layer::normal, Layer::background, Layer::normal}) {
        RawClient client = open({"kept", true, true, {}, layer});
        EXPECT_EQ(display->surfaces().active()->number(), layer == Layer::normal ? 2u : 1u);
        client.hang_up();
        ASSERT_TRUE(dispatch_until([&] { return !display->surfaces().find(2)->client(); }));
    }
}

TEST_F(ADisplay, a_background_is_activated_over_others_and_not_over_a_program) {
    const auto refusal = [&](SurfaceNumber number) -> std::string {
        try {
            display->activate(number, loop.now());
        } catch (const RequestError& refused) {
            EXPECT_EQ(refused.kind(), RequestError::Kind::busy);
            return refused.what();
        }
        return "";
    };
    RawClient console = open({"console", true, false, {}, Layer::background});
    RawClient wallpaper = open({"wallpaper", true, false, {}, Layer::background});
    EXPECT_EQ(refusal(1), "");
    EXPECT_EQ(display->surfaces().active()->number(), 1u);
    RawClient program = open_explicit("program"), other = open_explicit("other");
    EXPECT_NE(refusal(2).find("hvfbctl close 4"), std::string::npos) << refusal(2);
    EXPECT_EQ(display->surfaces().active()->number(), 4u);
    EXPECT_EQ(refusal(3), "");
    EXPECT_EQ(display->surfaces().active()->number(), 3u);
    program.hang_up();
    other.hang_up();
    ASSERT_TRUE(dispatch_until([&] { return display->surfaces().active()->number() == 1; }));
    EXPECT_EQ(refusal(2), "");
    EXPECT_EQ(display->surfaces().active()->number(), 2u);
}

}  // namespace
}  // namespace hvfbd::testing
