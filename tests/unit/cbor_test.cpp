// CBOR: what is written is what RFC 8949 says, and what is no item that may be read is refused by a sentence.
#include "base/cbor.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace hvfbd {
namespace {

using Bytes = std::vector<int>;

std::vector<std::byte> bytes_of(const Bytes& numbers) {
    std::vector<std::byte> bytes;
    for (int number : numbers) bytes.push_back(static_cast<std::byte>(number));
    return bytes;
}

// Appendix A of RFC 8949, and both sides of each length.
TEST(Cbor, of_a_number_has_its_shortest_form) {
    const struct {
        std::uint64_t number;
        Bytes bytes;
    } cases[] = {
        {0, {0x00}},
        {1, {0x01}},
        {23, {0x17}},
        {24, {0x18, 24}},
        {255, {0x18, 0xff}},
        {256, {0x19, 1, 0}},
        {1000, {0x19, 0x03, 0xe8}},
        {65535, {0x19, 0xff, 0xff}},
        {65536, {0x1a, 0, 1, 0, 0}},
        {1000000, {0x1a, 0x00, 0x0f, 0x42, 0x40}},
        {0xffffffff, {0x1a, 0xff, 0xff, 0xff, 0xff}},
        {0x100000000, {0x1b, 0, 0, 0, 1, 0, 0, 0, 0}},
        {1000000000000, {0x1b, 0x00, 0x00, 0x00, 0xe8, 0xd4, 0xa5, 0x10, 0x00}},
        {~std::uint64_t{0}, {0x1b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
    };
    for (const auto& [number, expected] : cases) {
        std::vector<std::byte> bytes;
        CborWriter(bytes).number(number);
        EXPECT_EQ(bytes, bytes_of(expected)) << number;
        EXPECT_EQ(why_no_cbor(bytes), "") << number;
    }
}

TEST(Cbor, of_each_type_is_appended) {
    std::vector<std::byte> bytes;
    CborWriter writer(bytes);
    writer.array(5);
    writer.octets("\x01\x02");
    writer.text("IETF");
    writer.map(1);
    writer.text("");
    writer.flag(true);
    writer.flag(false);
    writer.array(0);
    EXPECT_EQ(bytes,
              bytes_of({0x85, 0x42, 0x01, 0x02, 0x64, 0x49, 0x45, 0x54, 0x46, 0xa1, 0x60, 0xf5, 0xf4, 0x80}));
    EXPECT_EQ(why_no_cbor(bytes), "");
}

TEST(Cbor, that_may_be_read_is_a_whole_item_of_a_known_kind) {
    for (const Bytes& item : std::vector<Bytes>{
             {0x20},  // -1
             {0x3b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
             {0xf4},              // false
             {0xf5},              // true
             {0xf6},              // null
             {0xf9, 0x3c, 0x00},  // floating point of each size
             {0xfa, 0x47, 0xc3, 0x50, 0x00},
             {0xfb, 0x3f, 0xf1, 0x99, 0x99, 0x99, 0x99, 0x99, 0x9a},
             {0x40},
             {0x60},
             {0x80},
             {0xa0},
             {0x82, 0x01, 0x81, 0x02},
             {0xa2, 0x61, 0x61, 0x01, 0x61, 0x62, 0xa1, 0x60, 0x80},
             {0xa1, 0x61, 0x61, 0xa1, 0x61, 0x62, 0x05},
         })
        EXPECT_EQ(why_no_cbor(bytes_of(item)), "") << item.front();
}

TEST(Cbor, that_may_not_be_read_is_refused_by_a_sentence_that_says_why) {
    const char* cut = "it is cut off or no definite CBOR";
    const char* key = "a key is no text";
    const char* text = "a text is longer than what there is";
    const char* list = "a list is longer than what there is";
    const char* kind = "it has a value of a kind that is not known";
    const struct {
        Bytes bytes;
        const char* why;
    } cases[] = {
        {{}, cut},
        {{0x18}, cut},
        {{0x19, 1}, cut},
        {{0x1b, 1, 2, 3, 4, 5, 6, 7}, cut},
        {{0x1c}, cut},
        {{0x1f}, cut},
        {{0x5f, 0xff}, cut},
        {{0xfc}, cut},
        {{0xff}, cut},
        {{0x82, 0x01, 0x18}, cut},
        {{0xa1, 0x60, 0x18}, cut},
        {{0xa1, 0x01, 0x02}, key},
        {{0xa1, 0x41, 0x61, 0x02}, key},
        {{0xa2, 0x60, 0x01, 0x02, 0x60}, key},
        {{0x81, 0xa1, 0x80, 0x60}, key},
        {{0xa1, 0x60, 0xa1, 0x01, 0x60}, key},
        {{0x41}, text},
        {{0x62, 0x61}, text},
        {{0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x61}, text},
        {{0x81}, list},
        {{0x83, 1, 2}, list},
        {{0xa1}, list},
        {{0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}, list},
        {{0xbb, 0x80, 0, 0, 0, 0, 0, 0, 0, 0x01}, list},
        {{0xc0, 0x01}, kind},
        {{0xe0}, kind},
        {{0xf3}, kind},
        {{0xf7}, kind},
        {{0xf8, 0xff}, kind},
        {{0x00, 0x00}, "something follows it"},
        {{0x80, 0x00}, "something follows it"},
        {{0xa1, 0x60, 0x01, 0x60}, "something follows it"},
    };
    for (std::size_t i = 0; i < std::size(cases); ++i)
        EXPECT_EQ(why_no_cbor(bytes_of(cases[i].bytes)), cases[i].why) << i;
}

TEST(Cbor, is_nested_sixteen_deep_at_most) {
    std::vector<std::byte> nested(15, std::byte{0x81});
    nested.push_back(std::byte{0x80});
    EXPECT_EQ(why_no_cbor(nested), "");
    nested.insert(nested.begin(), std::byte{0x81});
    EXPECT_EQ(why_no_cbor(nested), "it is nested deeper than 16");
}

}  // namespace
}  // namespace hvfbd
