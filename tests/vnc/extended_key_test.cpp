#include "vnc/extended_key.h"

#include <gtest/gtest.h>
#include <linux/input-event-codes.h>

#include <algorithm>
#include <set>
#include <vector>

#include "input/device.h"
#include "vnc/pseudo_encoding.h"

namespace vnc {
namespace {

TEST(ExtendedKeyTest, AMessageSaysTheSymbolAndTheKey) {
    EXPECT_EQ(read_extended_key({255, 0, 0, 1, 0, 0, 0xfe, 0x03, 0, 0, 0, 0xb8}),
              (ExtendedKey{true, 0xfe03, KEY_RIGHTALT}));
    EXPECT_EQ(read_extended_key({255, 0, 0, 0, 1, 0, 0x20, 0xac, 0, 0, 0, 0x12}),
              (ExtendedKey{false, 0x010020ac, KEY_E}));
    // Any number but 0 is pressed.
    EXPECT_EQ(read_extended_key({255, 0, 1, 0, 0, 0, 0, 'a', 0, 0, 0, 0x1e}),
              (ExtendedKey{true, 'a', KEY_A}));
}

TEST(ExtendedKeyTest, AnotherMessageOfQemusIsNone) {
    for (const std::uint8_t kind : std::initializer_list<std::uint8_t>{1, 2, 255})
        EXPECT_FALSE(read_extended_key({255, kind, 0, 1, 0, 0, 0, 'a', 0, 0, 0, 0x1e})) << int{kind};
}

TEST(ExtendedKeyTest, AKeyOutsideOfTheKeyboardOfThePcIsNotKnown) {
    EXPECT_EQ(key_of_scancode(0), 0U);
    EXPECT_EQ(key_of_scancode(0xff), 0U);
    EXPECT_EQ(key_of_scancode(0xe01c), 0U);
    EXPECT_EQ(key_of_scancode(0xffffffff), 0U);
}

TEST(ExtendedKeyTest, NoTwoNumbersAreOneKeyAndTheKeyboardHasAllThatAreKeys) {
    std::multiset<std::uint32_t> codes;
    for (std::uint32_t scancode = 0; scancode < 256; ++scancode)
        if (const std::uint32_t code = key_of_scancode(scancode); code != 0) codes.insert(code);
    for (const std::uint32_t code : codes) {
        // Print Screen has another one with Alt.
        EXPECT_EQ(codes.count(code), code == KEY_SYSRQ ? 2U : 1U) << code;
        EXPECT_EQ(input::keyboard_has(code), code != KEY_SYSRQ) << code;
    }
    for (const std::uint32_t code :
         {KEY_ESC, KEY_F12, KEY_102ND, KEY_UP, KEY_KPENTER, KEY_RIGHTMETA, KEY_PAUSE})
        EXPECT_TRUE(codes.contains(code)) << code;
}

TEST(ExtendedKeyTest, TheOfferIsAnUpdateOfOneRectangleWithoutAPixel) {
    EXPECT_EQ(update_without_pixels(extended_key_encoding),
              (std::vector<std::uint8_t>{0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xfe, 0xfe}));
}

}  // namespace
}  // namespace vnc
