#include "base/layout.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace hvfbd {
namespace {

TEST(Layout, takes_rows_without_padding_unless_it_is_told_otherwise) {
    Layout plain = layout_for({1366, 768});
    EXPECT_EQ(plain.stride, 1366u * 4);
    EXPECT_EQ(layout_for({1366, 768}, 5504).stride, 5504u);
}

TEST(Layout, size_is_whole_pages_and_holds_every_row) {
    for (Mode mode : {Mode{1, 1}, {1023, 3}, {1920, 1080}, {16384, 16384}}) {
        Layout layout = layout_for(mode);
        EXPECT_EQ(layout.size % page_size(), 0u);
        EXPECT_GE(layout.size, std::size_t{layout.stride} * layout.height);
        EXPECT_LT(layout.size, std::size_t{layout.stride} * layout.height + page_size());
    }
}

TEST(Layout, offsets_count_padding) {
    Layout layout = layout_for({10, 10}, 64);
    EXPECT_EQ(layout.offset(0, 0), 0u);
    EXPECT_EQ(layout.offset(9, 0), 36u);
    EXPECT_EQ(layout.offset(0, 1), 64u);
    EXPECT_EQ(layout.offset(9, 9), 64u * 9 + 36);
}

TEST(Layout, refuses_what_cannot_be_and_says_why) {
    EXPECT_THROW(layout_for({0, 10}), RequestError);
    EXPECT_THROW(layout_for({10, 0}), RequestError);
    EXPECT_THROW(layout_for({max_extent + 1, 10}), RequestError);
    EXPECT_THROW(layout_for({0xffffffff, 0xffffffff}), RequestError);
    EXPECT_THROW(layout_for({10, 10}, 36), RequestError);
    EXPECT_THROW(layout_for({10, 10}, 42), RequestError);
    EXPECT_THROW(layout_for({10, 10}, 0xfffffffc), RequestError);
    EXPECT_THROW(layout_for({10, max_extent + 1}), RequestError);
    EXPECT_THROW(layout_for({10, 10}, 131'076), RequestError);
    EXPECT_NO_THROW(layout_for({10, 10}, 131'072)) << "twice the longest row";
    EXPECT_NO_THROW(layout_for({max_extent, max_extent}));
    try {
        layout_for({0, 10});
        ADD_FAILURE();
    } catch (const RequestError& refused) {
        EXPECT_EQ(refused.kind(), RequestError::Kind::no_such_mode);
        EXPECT_STREQ(refused.what(), "width and height must be 1 to 16384 pixels; asked for 0x10");
    }
    try {
        layout_for({10, 10}, 36);
        ADD_FAILURE();
    } catch (const RequestError& refused) {
        EXPECT_EQ(refused.kind(), RequestError::Kind::invalid_arguments);
        EXPECT_STREQ(refused.what(),
                     "the stride must be a multiple of 4 and hold a row of 10 pixels; 36 does not");
    }
}

}  // namespace
}  // namespace hvfbd
