#include "console/psf_font.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "console/built_in_font.h"
#include "console/gzip.h"

namespace console {
namespace {

using Bytes = std::vector<std::uint8_t>;

// Each glyph of one row of 8 pixels, whose bits are its number.
Bytes version_1(std::uint8_t mode, const Bytes& table) {
    Bytes file = {0x36, 0x04, mode, 1};
    for (unsigned glyph = 0; glyph < ((mode & 1) != 0 ? 512U : 256U); ++glyph)
        file.push_back(static_cast<std::uint8_t>(glyph));
    file.insert(file.end(), table.begin(), table.end());
    return file;
}

void put(Bytes& file, std::uint32_t number) {
    for (unsigned shift = 0; shift < 32; shift += 8)
        file.push_back(static_cast<std::uint8_t>(number >> shift));
}

Bytes version_2(std::uint32_t count, std::uint32_t width, std::uint32_t height, const Bytes& bits,
                const Bytes& table) {
    Bytes file = {0x72, 0xb5, 0x4a, 0x86};
    for (const std::uint32_t number :
         {0U, 32U, table.empty() ? 0U : 1U, count, (width + 7) / 8 * height, height, width})
        put(file, number);
    file.insert(file.end(), bits.begin(), bits.end());
    file.insert(file.end(), table.begin(), table.end());
    return file;
}

TEST(PsfFont, of_version_1_finds_each_character_of_its_table) {
    // Glyph 0: A and Ä, and a sequence; glyph 1: B.
    const PsfFont font(
        version_1(2, {0x41, 0, 0xc4, 0, 0xfe, 0xff, 0x43, 0, 0xff, 0xff, 0x42, 0, 0xff, 0xff}));
    EXPECT_EQ(font.width(), 8U);
    EXPECT_EQ(font.height(), 1U);
    EXPECT_EQ(font.find(U'A')->rows, Bytes{0});
    EXPECT_EQ(font.find(U'Ä')->rows, Bytes{0});
    EXPECT_EQ(font.find(U'B')->rows, Bytes{1});
    EXPECT_FALSE(font.find(U'C')) << "a cell of a terminal holds no sequence";
}

TEST(PsfFont, of_version_1_without_a_table_numbers_characters_by_their_place) {
    EXPECT_EQ(PsfFont(version_1(0, {})).find(0xff)->rows, Bytes{0xff});
    EXPECT_EQ(PsfFont(version_1(1, {})).characters(), 512U);
}

TEST(PsfFont, of_version_2_has_any_size_and_a_table_in_utf8) {
    const Bytes bits = {0x80, 0x40, 0x01, 0x00};  // one glyph of 10x2
    const PsfFont font(
        version_2(1, 10, 2, bits, {0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x99, 0x82, 0xfe, 0x41, 0xff}));
    const auto glyph = font.find(U'€');
    ASSERT_TRUE(glyph);
    EXPECT_EQ(glyph->width, 10U);
    EXPECT_TRUE(glyph->at(0, 0));
    EXPECT_TRUE(glyph->at(9, 0));
    EXPECT_TRUE(glyph->at(7, 1));
    EXPECT_FALSE(glyph->at(8, 1));
    EXPECT_TRUE(font.find(U'🙂'));
    EXPECT_FALSE(font.find(U'A'));
}

TEST(PsfFont, says_what_is_wrong_with_a_file) {
    const auto wrong = [](const Bytes& file) {
        try {
            const PsfFont font(file);
        } catch (const std::runtime_error& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    EXPECT_EQ(wrong({}), "is no PSF font");
    EXPECT_EQ(wrong({0x36, 0x04, 0}), "is a PSF font without a whole header");
    EXPECT_EQ(wrong({0x36, 0x04, 0, 16, 0}), "is a PSF font that ends too early");
    EXPECT_EQ(wrong(version_2(1, 200, 2, {}, {})),
              "is a font of 200x2 pixels; sizes up to 128x128 are possible");
    EXPECT_EQ(wrong(version_2(0, 8, 1, {}, {})), "is a PSF font with a wrong number of glyphs");
    EXPECT_EQ(wrong(version_2(2, 8, 1, {0}, {})), "is a PSF font that ends too early");
    EXPECT_EQ(wrong(version_2(1, 8, 1, {0}, {0xff})), "has no characters");
    Bytes header_too_large = version_2(1, 8, 1, {0}, {});
    header_too_large[8] = 200;
    EXPECT_EQ(wrong(header_too_large), "is a PSF font with a header of a wrong size");
}

TEST(PsfFont, that_comes_with_the_program_has_letters_and_boxes) {
    const PsfFont font(unpacked(built_in_font(), 1 << 20));
    EXPECT_EQ(font.width(), 8U);
    EXPECT_EQ(font.height(), 16U);
    for (const char32_t code : U"Aäé€ЖΩ─│█")
        EXPECT_TRUE(code == 0 || font.find(code)) << static_cast<unsigned>(code);
}

TEST(Gzip, that_is_damaged_or_too_large_is_refused_and_other_files_are_as_they_are) {
    const Bytes plain = {1, 2, 3};
    EXPECT_EQ(unpacked(plain, 3), plain);
    EXPECT_THROW(unpacked(plain, 2), std::runtime_error);
    const auto font = built_in_font();
    EXPECT_THROW(unpacked(font, 100), std::runtime_error);
    EXPECT_THROW(unpacked(font.first(font.size() / 2), 1 << 20), std::runtime_error);
    Bytes damaged(font.begin(), font.end());
    damaged[damaged.size() / 2] ^= 0xff;
    EXPECT_THROW(unpacked(damaged, 1 << 20), std::runtime_error);
}

}  // namespace
}  // namespace console
