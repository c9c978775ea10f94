#include "vnc/console_layout.h"

#include <gtest/gtest.h>

#include <linux/input-event-codes.h>

#include <string>

namespace vnc {
namespace {

constexpr std::uint32_t unicode = 0x01000000;

std::optional<KeyPlace> place(const std::string& layout, std::uint32_t symbol) {
    return ConsoleLayout({"pc105", layout, "", ""}).find(symbol);
}

TEST(ConsoleLayoutTest, LettersAreWhereTheLayoutHasThem) {
    EXPECT_EQ(place("us", 'z'), (KeyPlace{KEY_Z, false, false}));
    EXPECT_EQ(place("de", 'z'), (KeyPlace{KEY_Y, false, false}));
    EXPECT_EQ(place("fr", 'A'), (KeyPlace{KEY_Q, true, false}));
    EXPECT_EQ(place("us", '@'), (KeyPlace{KEY_2, true, false}));
    EXPECT_EQ(place("de", '@'), (KeyPlace{KEY_Q, false, true}));
    EXPECT_EQ(place("fr", '1'), (KeyPlace{KEY_1, true, false}));
    // Cyrillic a, by its number of X11 and of Unicode.
    EXPECT_EQ(place("ru", 0x6c1), (KeyPlace{KEY_F, false, false}));
    EXPECT_EQ(place("ru", unicode + 0x430), (KeyPlace{KEY_F, false, false}));
    EXPECT_EQ(place("us", 0x6c1), std::nullopt);
}

TEST(ConsoleLayoutTest, KeysWithoutALetterAreOnTheKeysThatAKeyboardHas) {
    constexpr std::uint32_t enter = 0xff0d, f1 = 0xffbe, f12 = 0xffc9, backspace = 0xff08, remove = 0xffff,
                            left = 0xff51;
    for (const char* layout : {"us", "de", "fr", "ru"}) {
        EXPECT_EQ(place(layout, enter), (KeyPlace{KEY_ENTER, false, false}));
        EXPECT_EQ(place(layout, f1), (KeyPlace{KEY_F1, false, false}));
        EXPECT_EQ(place(layout, f12), (KeyPlace{KEY_F12, false, false}));
        EXPECT_EQ(place(layout, backspace), (KeyPlace{KEY_BACKSPACE, false, false}));
        EXPECT_EQ(place(layout, remove), (KeyPlace{KEY_DELETE, false, false}));
        EXPECT_EQ(place(layout, left), (KeyPlace{KEY_LEFT, false, false}));
    }
}

TEST(ConsoleLayoutTest, DigitsOfTheNumberBlockAreTypedWhereNumLockDoesNotMatter) {
    EXPECT_EQ(place("us", 0xffb7), (KeyPlace{KEY_7, false, false}));
    EXPECT_EQ(place("fr", 0xffb7), (KeyPlace{KEY_7, true, false}));
}

TEST(ConsoleLayoutTest, ALayoutThatThereIsNotIsTheOneOfTheUsa) {
    EXPECT_EQ(place("no-such-layout", 'z'), (KeyPlace{KEY_Z, false, false}));
    EXPECT_EQ(place("", '@'), (KeyPlace{KEY_2, true, false}));
}

TEST(ConsoleLayoutTest, TheFileOfDebianIsReadAsItsShellReadsIt) {
    const hvfbd::LayoutNames names = hvfbd::layout_names_in(
        "# KEYBOARD CONFIGURATION "
        "FILE\n\nXKBMODEL=\"pc104\"\nXKBLAYOUT=de\nXKBVARIANT='nodeadkeys'\nXKBOPTIONS=\"\"\n"
        "#XKBLAYOUT=fr\nXKBLAYOUTS=no\nBACKSPACE=\"guess\"");
    EXPECT_EQ(names.model, "pc104");
    EXPECT_EQ(names.layout, "de");
    EXPECT_EQ(names.variant, "nodeadkeys");
    EXPECT_EQ(names.options, "");
    EXPECT_EQ(hvfbd::layout_names_in("").layout, "");
}

}  // namespace
}  // namespace vnc
