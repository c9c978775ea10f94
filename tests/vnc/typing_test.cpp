#include "vnc/typing.h"

#include <gtest/gtest.h>

#include <linux/input-event-codes.h>

#include <vector>

namespace vnc {
namespace {

using input::Key;
using Keys = std::vector<Key>;
constexpr auto up = input::KeyValue::up;
constexpr auto down = input::KeyValue::down;
constexpr auto repeated = input::KeyValue::repeated;
constexpr std::uint32_t shift = 0xffe1, control = 0xffe3, alt_gr = 0xfe03, caps_lock = 0xffe5;

// As a German console has them.
std::optional<KeyPlace> german(std::uint32_t symbol) {
    switch (symbol) {
        case 'a':
            return KeyPlace{KEY_A, false, false};
        case 'A':
            return KeyPlace{KEY_A, true, false};
        case '@':
            return KeyPlace{KEY_Q, false, true};
        case '2':
            return KeyPlace{KEY_2, false, false};
        default:
            return std::nullopt;
    }
}

class TypingTest : public testing::Test {
  protected:
    Typing typing{german};
};

TEST_F(TypingTest, ALetterIsItsKey) {
    EXPECT_EQ(typing.take('a', true), (Keys{{KEY_A, down}}));
    EXPECT_EQ(typing.take('a', true), (Keys{{KEY_A, repeated}}));
    EXPECT_EQ(typing.take('a', false), (Keys{{KEY_A, up}}));
    EXPECT_EQ(typing.take('a', false), Keys{});
}

TEST_F(TypingTest, WhereTheClientHoldsWhatTheLetterNeedsNothingElseIsPressed) {
    EXPECT_EQ(typing.take(shift, true), (Keys{{KEY_LEFTSHIFT, down}}));
    EXPECT_EQ(typing.take('A', true), (Keys{{KEY_A, down}}));
    EXPECT_EQ(typing.take('A', false), (Keys{{KEY_A, up}}));
    EXPECT_EQ(typing.take(shift, false), (Keys{{KEY_LEFTSHIFT, up}}));
}

TEST_F(TypingTest, ShiftIsPressedForALetterOfAClientThatHoldsNone) {
    EXPECT_EQ(typing.take('A', true), (Keys{{KEY_LEFTSHIFT, down}, {KEY_A, down}}));
    EXPECT_EQ(typing.take('A', true), (Keys{{KEY_A, repeated}}));
    EXPECT_EQ(typing.take('A', false), (Keys{{KEY_A, up}, {KEY_LEFTSHIFT, up}}));
}

TEST_F(TypingTest, AnotherLayoutOfTheClientsIsTypedAsTheConsoleHasIt) {
    // Shift+2 there.
    typing.take(shift, true);
    EXPECT_EQ(typing.take('@', true), (Keys{{KEY_LEFTSHIFT, up}, {KEY_RIGHTALT, down}, {KEY_Q, down}}));
    EXPECT_EQ(typing.take('@', false), (Keys{{KEY_Q, up}, {KEY_LEFTSHIFT, down}, {KEY_RIGHTALT, up}}));
    EXPECT_EQ(typing.take(shift, false), (Keys{{KEY_LEFTSHIFT, up}}));
}

TEST_F(TypingTest, AltGrOfTheClientsIsReleasedForWhatNeedsNone) {
    typing.take(alt_gr, true);
    EXPECT_EQ(typing.take('2', true), (Keys{{KEY_RIGHTALT, up}, {KEY_2, down}}));
    EXPECT_EQ(typing.take(alt_gr, false), Keys{});
    EXPECT_EQ(typing.take('2', false), (Keys{{KEY_2, up}}));
}

TEST_F(TypingTest, ControlIsLeftAsTheClientHoldsIt) {
    EXPECT_EQ(typing.take(control, true), (Keys{{KEY_LEFTCTRL, down}}));
    EXPECT_EQ(typing.take('A', true), (Keys{{KEY_LEFTSHIFT, down}, {KEY_A, down}}));
    EXPECT_EQ(typing.take(control, false), (Keys{{KEY_LEFTSHIFT, up}, {KEY_LEFTCTRL, up}}));
}

TEST_F(TypingTest, TwoSymbolsOfOneKeyReleaseItWithTheSecond) {
    typing.take('a', true);
    typing.take('A', true);
    EXPECT_EQ(typing.take('a', false), (Keys{{KEY_LEFTSHIFT, up}}));
    EXPECT_EQ(typing.take('A', false), (Keys{{KEY_A, up}}));
}

TEST_F(TypingTest, AKeyOfAClientThatSaysWhichOneItIsIsTheSameHere) {
    EXPECT_EQ(typing.take_key(KEY_CAPSLOCK, true), (Keys{{KEY_CAPSLOCK, down}}));
    EXPECT_EQ(typing.take_key(KEY_CAPSLOCK, true), (Keys{{KEY_CAPSLOCK, repeated}}));
    EXPECT_EQ(typing.take_key(KEY_CAPSLOCK, false), (Keys{{KEY_CAPSLOCK, up}}));
    EXPECT_EQ(typing.take_key(KEY_CAPSLOCK, false), Keys{});
}

TEST_F(TypingTest, AModifierThatIsHeldByItsKeyStaysSoAfterALetterThatIsKnownByItsSymbol) {
    typing.take_key(KEY_RIGHTALT, true);
    EXPECT_EQ(typing.take('2', true), (Keys{{KEY_RIGHTALT, up}, {KEY_2, down}}));
    EXPECT_EQ(typing.take('2', false), (Keys{{KEY_2, up}, {KEY_RIGHTALT, down}}));
    EXPECT_EQ(typing.take_key(KEY_RIGHTALT, false), (Keys{{KEY_RIGHTALT, up}}));
}

TEST_F(TypingTest, LocksAndWhatTheConsoleDoesNotHaveAreNotTyped) {
    EXPECT_EQ(typing.take(caps_lock, true), Keys{});
    EXPECT_EQ(typing.take(0x6d0, true), Keys{});
    EXPECT_EQ(typing.take(0x6d0, false), Keys{});
}

TEST(PointingTest, ThePictureIsThereFromEdgeToEdge) {
    Pointing pointing;
    EXPECT_EQ(pointing.take(0, 0, 0, 1920, 1080), (input::Pointer{0, 0, 0, 0, 0}));
    EXPECT_EQ(pointing.take(0, 1919, 1079, 1920, 1080), (input::Pointer{65535, 65535, 0, 0, 0}));
    EXPECT_EQ(pointing.take(0, 5000, -1, 1920, 1080), (input::Pointer{65535, 0, 0, 0, 0}));
    EXPECT_EQ(pointing.take(0, 3, 3, 1, 0), (input::Pointer{0, 0, 0, 0, 0}));
}

TEST(PointingTest, AButtonOfTheWheelIsAStepWhenItGoesDown) {
    Pointing pointing;
    EXPECT_EQ(pointing.take(8, 0, 0, 9, 9), (input::Pointer{0, 0, 0, 1, 0}));
    EXPECT_EQ(pointing.take(8, 0, 0, 9, 9), (input::Pointer{0, 0, 0, 0, 0}));
    EXPECT_EQ(pointing.take(0, 0, 0, 9, 9), (input::Pointer{0, 0, 0, 0, 0}));
    EXPECT_EQ(pointing.take(16 | 1, 0, 0, 9, 9), (input::Pointer{0, 0, 1, -1, 0}));
    EXPECT_EQ(pointing.take(64 | 128 | 4, 0, 0, 9, 9), (input::Pointer{0, 0, 4 | 8, 0, 1}));
}

}  // namespace
}  // namespace vnc
