#include <vector>

#include "surface_fixture.h"

namespace hvfb {
namespace {

TEST_F(SurfaceTest, fills_what_lies_on_it_and_tells_that) {
    surface = daemon.open(HVFB_OPEN_UNTRACKED);
    const hvfb_rect corner = {630, 390, 100, 0xffffffff};
    EXPECT_EQ(hvfb_surface_fill(surface, &corner, 0x123456), 0);
    EXPECT_TRUE((damaged() == hvfb_rect{630, 390, 10, 10}));
    EXPECT_EQ(pixels()[390 * 640 + 630], 0x123456u);
    EXPECT_EQ(pixels()[399 * 640 + 639], 0x123456u);
    EXPECT_EQ(pixels()[389 * 640 + 630], 0u);
    EXPECT_EQ(pixels()[390 * 640 + 629], 0u);
    const hvfb_rect outside = {640, 0, 5, 5};
    EXPECT_EQ(hvfb_surface_fill(surface, &outside, 1), 0);
    EXPECT_FALSE(daemon.receive(0));
}

TEST_F(SurfaceTest, draws_on_all_of_it_where_the_rectangle_is_null) {
    surface = daemon.open(HVFB_OPEN_UNTRACKED);
    constexpr hvfb_rect all = {0, 0, 640, 400};
    EXPECT_EQ(hvfb_surface_fill(surface, nullptr, 0x123456), 0);
    EXPECT_TRUE(damaged() == all);
    EXPECT_TRUE(std::all_of(pixels(), pixels() + 640 * 400, [](std::uint32_t p) { return p == 0x123456; }));
    const std::vector<std::uint32_t> picture(640 * 400, 0x654321);
    EXPECT_EQ(hvfb_surface_blit(surface, nullptr, picture.data(), 640 * 4), 0);
    EXPECT_TRUE(damaged() == all);
    EXPECT_TRUE(std::equal(picture.begin(), picture.end(), pixels()));
    pixels()[0] = 1;
    EXPECT_EQ(hvfb_surface_copy(surface, nullptr, 10, 20), 0);
    EXPECT_TRUE((damaged() == hvfb_rect{10, 20, 630, 380}));
    EXPECT_EQ(pixels()[20 * 640 + 10], 1u);
    EXPECT_EQ(hvfb_surface_damage(surface, nullptr, 3), 0);
    const hvfb_rect told = damaged();
    EXPECT_TRUE(told.x == 0 && told.y == 0 && told.width >= 640 && told.height >= 400);
}

TEST_F(SurfaceTest, copies_onto_itself_in_every_direction) {
    surface = daemon.open(HVFB_OPEN_UNTRACKED);
    struct Step {
        std::uint32_t x, y;
    };
    for (const Step& to :
         {Step{12, 12}, Step{8, 8}, Step{12, 8}, Step{8, 12}, Step{10, 13}, Step{13, 10}, Step{630, 395}}) {
        for (std::uint32_t i = 0; i < 640 * 400; ++i) pixels()[i] = i;
        const hvfb_rect source = {10, 10, 20, 20};
        EXPECT_EQ(hvfb_surface_copy(surface, &source, to.x, to.y), 0);
        const std::uint32_t width = std::min(20u, 640 - to.x), height = std::min(20u, 400 - to.y);
        EXPECT_TRUE((damaged() == hvfb_rect{to.x, to.y, width, height}));
        for (std::uint32_t y = 0; y < height; ++y)
            for (std::uint32_t x = 0; x < width; ++x)
                ASSERT_EQ(pixels()[(to.y + y) * 640 + to.x + x], (10 + y) * 640 + 10 + x);
    }
}

TEST_F(SurfaceTest, draws_what_lies_on_it_of_a_picture) {
    surface = daemon.open(HVFB_OPEN_UNTRACKED);
    std::vector<std::uint32_t> picture(30 * 30);
    for (std::uint32_t i = 0; i < picture.size(); ++i) picture[i] = i + 1;
    const hvfb_rect rect = {620, 5, 30, 30};
    EXPECT_EQ(hvfb_surface_blit(surface, &rect, picture.data(), 30 * 4), 0);
    EXPECT_TRUE((damaged() == hvfb_rect{620, 5, 20, 30}));
    EXPECT_EQ(pixels()[5 * 640 + 620], 1u);
    EXPECT_EQ(pixels()[34 * 640 + 639], 29 * 30 + 20u);
    EXPECT_EQ(pixels()[6 * 640], 0u);
}

}  // namespace
}  // namespace hvfb
