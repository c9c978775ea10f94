#include "vnc/window_name.h"

#include <gtest/gtest.h>

namespace vnc {
namespace {

TEST(TheNameOfAWindow, is_told_as_an_update_without_pixels) {
    // One rectangle at 0, 0 of 0 by 0 pixels, encoding -307, and the name behind its length.
    const std::vector<std::uint8_t> wanted = {0,    0,    0,    1,    0, 0, 0, 0, 0,   0,   0,  0,
                                              0xff, 0xff, 0xfe, 0xcd, 0, 0, 0, 3, 'o', 'n', 'e'};
    EXPECT_EQ(window_name_update("one"), wanted);
}

TEST(TheNameOfAWindow, says_where_keys_go_nowhere) {
    EXPECT_EQ(view_only("hvfbd"), "hvfbd (view only)");
}

}  // namespace
}  // namespace vnc
