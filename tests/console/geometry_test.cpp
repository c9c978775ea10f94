#include "console/geometry.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "console/mask.h"
#include "sides.h"

namespace console {
namespace {

TEST(Geometry, has_as_many_cells_as_fit) {
    const Geometry geometry({1920, 1080}, {8, 16}, 0, Rotation::none);
    EXPECT_EQ(geometry.columns(), 240U);
    EXPECT_EQ(geometry.rows(), 67U);
    EXPECT_EQ(sides(geometry.place(1, 2, 3)), (Sides{8, 32, 24, 16}));
}

TEST(Geometry, of_a_screen_with_many_pixels_has_text_as_large_as_that_of_one_with_few) {
    EXPECT_EQ(usual_scale({1024, 768}, 16, Rotation::none), 1U);
    EXPECT_EQ(usual_scale({2560, 1440}, 16, Rotation::none), 1U);
    EXPECT_EQ(usual_scale({3840, 2160}, 16, Rotation::none), 2U);
    EXPECT_EQ(usual_scale({3840, 2160}, 32, Rotation::none), 1U);
    EXPECT_EQ(usual_scale({7680, 4320}, 16, Rotation::none), 4U);
    EXPECT_EQ(usual_scale({3840, 2160}, 16, Rotation::quarter), 2U);
    EXPECT_EQ(usual_scale({1920, 1080}, 8, Rotation::none), 1U) << "who chose a small font wants one";
}

TEST(Geometry, turned_has_each_corner_of_the_text_where_it_belongs) {
    constexpr Size picture{100, 60}, font{10, 20};
    const auto first = [&](Rotation rotation) {
        return sides(Geometry(picture, font, 1, rotation).place(0, 0));
    };
    EXPECT_EQ(first(Rotation::none), (Sides{0, 0, 10, 20}));
    EXPECT_EQ(first(Rotation::quarter), (Sides{80, 0, 20, 10}));
    EXPECT_EQ(first(Rotation::half), (Sides{90, 40, 10, 20}));
    EXPECT_EQ(first(Rotation::three_quarters), (Sides{0, 50, 20, 10}));
    const Geometry quarter(picture, font, 1, Rotation::quarter);
    EXPECT_EQ(quarter.columns(), 6U);
    EXPECT_EQ(quarter.rows(), 5U);
}

TEST(Geometry, where_not_one_cell_fits_has_one) {
    const Geometry geometry({4, 4}, {8, 16}, 1, Rotation::none);
    EXPECT_EQ(geometry.columns(), 1U);
    EXPECT_EQ(geometry.rows(), 1U);
}

// A letter L of 2x3.
const Glyph letter{2, 3, {0x80, 0x80, 0xc0}};

Mask mask_of(const Size& font, unsigned scale, Rotation rotation, Part part = Part::whole) {
    Mask mask = make_mask(letter, part, Geometry({100, 100}, font, scale, rotation));
    for (std::uint8_t& pixel : mask) pixel &= 1;
    return mask;
}

TEST(Mask, is_the_glyph_as_it_is_on_the_screen) {
    EXPECT_EQ(mask_of({2, 3}, 1, Rotation::none), (Mask{1, 0, 1, 0, 1, 1}));
    EXPECT_EQ(mask_of({2, 3}, 1, Rotation::half), (Mask{1, 1, 0, 1, 0, 1}));
    EXPECT_EQ(mask_of({2, 3}, 1, Rotation::quarter), (Mask{1, 1, 1, 1, 0, 0}));
    EXPECT_EQ(mask_of({2, 3}, 1, Rotation::three_quarters), (Mask{0, 0, 1, 1, 1, 1}));
    EXPECT_EQ(mask_of({2, 3}, 2, Rotation::none),
              (Mask{1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1}));
}

TEST(Mask, of_a_smaller_glyph_is_in_the_middle_and_as_large_as_whole_pixels_allow) {
    EXPECT_EQ(mask_of({4, 3}, 1, Rotation::none), (Mask{0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0}));
    EXPECT_EQ(mask_of({4, 6}, 1, Rotation::none), mask_of({2, 3}, 2, Rotation::none));
}

TEST(Mask, of_a_larger_glyph_loses_no_pixel_that_is_set_alone) {
    EXPECT_EQ(mask_of({1, 3}, 1, Rotation::none), (Mask{1, 1, 1}));
    EXPECT_EQ(mask_of({2, 1}, 1, Rotation::none), (Mask{1, 1}));
}

TEST(Mask, of_a_wide_character_has_two_halves) {
    EXPECT_EQ(mask_of({1, 3}, 1, Rotation::none, Part::left), (Mask{1, 1, 1}));
    EXPECT_EQ(mask_of({1, 3}, 1, Rotation::none, Part::right), (Mask{0, 0, 1}));
}

}  // namespace
}  // namespace console
