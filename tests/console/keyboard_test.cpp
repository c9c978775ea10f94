#include "console/command/keyboard.h"

#include <gtest/gtest.h>
#include <linux/input-event-codes.h>

#include <optional>

#include "common/console_keymap.h"

namespace console {
namespace {

struct KeyboardTest : testing::Test {
    Keyboard us{hvfbd::keymap_of({"pc105", "us", "", ""})}, german{hvfbd::keymap_of({"pc105", "de", "", ""})};

    static std::optional<TypedKey> press(Keyboard& keyboard, std::uint32_t code) {
        return keyboard.take({code, input::KeyValue::down});
    }
    static void release(Keyboard& keyboard, std::uint32_t code) {
        EXPECT_EQ(keyboard.take({code, input::KeyValue::up}), std::nullopt);
    }
};

TEST_F(KeyboardTest, letters_are_those_of_the_layout) {
    EXPECT_EQ(press(us, KEY_Y), (TypedKey{'y', 'y', 0}));
    EXPECT_EQ(press(german, KEY_Y), (TypedKey{'z', 'z', 0}));
    release(us, KEY_Y);
    EXPECT_EQ(press(us, KEY_LEFTSHIFT), std::nullopt);
    EXPECT_EQ(press(us, KEY_2), (TypedKey{'@', '@', TypedKey::shift}));
    EXPECT_EQ(press(german, KEY_RIGHTALT), std::nullopt);
    EXPECT_EQ(press(german, KEY_Q), (TypedKey{'@', '@', 0}));
}

TEST_F(KeyboardTest, what_is_held_is_held_until_it_is_released) {
    EXPECT_EQ(press(us, KEY_LEFTCTRL), std::nullopt);
    EXPECT_EQ(press(us, KEY_C), (TypedKey{'c', 'c', TypedKey::control}));
    EXPECT_EQ(press(us, KEY_LEFTALT), std::nullopt);
    EXPECT_EQ(press(us, KEY_C), (TypedKey{'c', 'c', TypedKey::control | TypedKey::alt}));
    release(us, KEY_LEFTCTRL);
    release(us, KEY_LEFTALT);
    EXPECT_EQ(press(us, KEY_C), (TypedKey{'c', 'c', 0}));
    press(us, KEY_CAPSLOCK);
    release(us, KEY_CAPSLOCK);
    EXPECT_EQ(press(us, KEY_C), (TypedKey{'C', 'C', 0}));
}

TEST_F(KeyboardTest, keys_that_are_no_letters_have_a_symbol) {
    EXPECT_EQ(press(us, KEY_UP), (TypedKey{0xff52, 0, 0}));
    EXPECT_EQ(press(us, KEY_ENTER), (TypedKey{0xff0d, '\r', 0}));
}

TEST_F(KeyboardTest, a_key_that_repeats_is_typed_again_and_others_are_not) {
    press(us, KEY_A);
    EXPECT_EQ(us.take({KEY_A, input::KeyValue::repeated}), (TypedKey{'a', 'a', 0}));
    press(us, KEY_LEFTSHIFT);
    EXPECT_EQ(us.take({KEY_LEFTSHIFT, input::KeyValue::repeated}), std::nullopt);
}

TEST_F(KeyboardTest, keys_that_there_are_not_type_nothing) {
    for (const std::uint32_t code : {0U, 84U, 0x2fffU, 0x7fffffffU, 0xffffffffU}) {
        EXPECT_EQ(press(us, code), std::nullopt) << code;
        release(us, code);
    }
}

}  // namespace
}  // namespace console
