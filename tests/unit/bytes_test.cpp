// Values one behind the other: they come back as they were put, and what is not there is noticed.
#include "base/bytes.h"

#include <gtest/gtest.h>

#include <array>

namespace hvfbd {
namespace {

struct Written {
    std::vector<std::byte> bytes;
    ByteWriter out{bytes};
    ByteReader reader() const { return ByteReader(bytes); }
};

TEST(Bytes, come_back_in_the_order_in_which_they_were_put) {
    Written written;
    written.out.put(std::uint8_t{200});
    written.out.put(std::uint64_t{1} << 40);
    written.out.put(std::int32_t{-5});
    written.out.put_text("text");
    written.out.put_text("");
    written.out.put(std::uint8_t{1});
    written.out.put(std::uint8_t{0});
    written.out.put(std::uint32_t{3});
    EXPECT_EQ(written.bytes.size(), 1u + 8 + 4 + (4 + 4) + 4 + 1 + 1 + 4);
    ByteReader in = written.reader();
    EXPECT_EQ(in.take<std::uint8_t>(), 200);
    EXPECT_EQ(in.take<std::uint64_t>(), std::uint64_t{1} << 40);
    EXPECT_EQ(in.take<std::int32_t>(), -5);
    EXPECT_EQ(in.take_text(4), "text") << "as long as it may be";
    EXPECT_EQ(in.take_text(0), "");
    EXPECT_TRUE(in.take_flag());
    EXPECT_FALSE(in.take_flag());
    EXPECT_FALSE(in.at_end());
    EXPECT_EQ(in.take_count(3), 3u) << "as many as there may be";
    EXPECT_TRUE(in.good());
    EXPECT_TRUE(in.at_end());
}

TEST(Bytes, that_are_not_there_read_as_nothing_and_leave_nothing_behind_them) {
    Written written;
    written.out.put(std::uint32_t{0x01010101});
    written.out.put(std::uint16_t{0x0101});
    const std::pair<const char*, void (*)(ByteReader&)> cases[] = {
        {"a number", [](ByteReader& in) { EXPECT_EQ(in.take<std::uint64_t>(), 0u); }},
        {"a text that is longer than what is there",
         [](ByteReader& in) { EXPECT_EQ(in.take_text(0xffffffff), ""); }},
        {"a part that is longer than what is there",
         [](ByteReader& in) { EXPECT_TRUE(in.take_part().at_end()); }},
        {"more than there may be", [](ByteReader& in) { EXPECT_EQ(in.take_count(0x01010100), 0u); }},
        {"what whoever reads finds wrong", [](ByteReader& in) { in.fail(); }},
    };
    for (const auto& [what, take] : cases) {
        ByteReader in = written.reader();
        take(in);
        EXPECT_FALSE(in.good()) << what;
        EXPECT_TRUE(in.at_end()) << what;
        EXPECT_EQ(in.take<std::uint8_t>(), 0) << what;
        EXPECT_FALSE(in.take_flag()) << what;
        EXPECT_EQ(in.take_text(10), "") << what;
        EXPECT_EQ(in.take_count(10), 0u) << what;
        EXPECT_FALSE(in.good()) << what;
    }
}

TEST(Bytes, of_a_text_that_is_longer_than_it_may_be_are_refused_though_they_are_there) {
    Written written;
    written.out.put_text("texts");
    ByteReader in = written.reader();
    EXPECT_EQ(in.take_text(4), "");
    EXPECT_FALSE(in.good());
    in = written.reader();
    EXPECT_EQ(in.take_text(5), "texts");
}

TEST(Bytes, of_a_flag_are_one_or_zero) {
    for (auto byte : std::array<std::uint8_t, 3>{2, 3, 255}) {
        Written written;
        written.out.put(byte);
        ByteReader in = written.reader();
        EXPECT_FALSE(in.take_flag());
        EXPECT_FALSE(in.good()) << int{byte};
    }
}

TEST(Bytes, of_a_part_have_a_reader_of_their_own) {
    Written written;
    written.out.put_text("part");
    written.out.put(std::uint8_t{7});
    ByteReader in = written.reader();
    ByteReader part = in.take_part();
    EXPECT_EQ(part.take<std::uint32_t>(), std::uint32_t{'p'} | 'a' << 8 | 'r' << 16 | 't' << 24);
    EXPECT_TRUE(part.good() && part.at_end());
    part.take<std::uint8_t>();
    EXPECT_FALSE(part.good());
    EXPECT_EQ(in.take<std::uint8_t>(), 7) << "what is wrong in a part is wrong there alone";
    EXPECT_TRUE(in.good());

    Written last;
    last.out.put_bytes(written.bytes);
    in = last.reader();
    ByteReader whole = in.take_part();
    EXPECT_EQ(whole.take_text(4), "part");
    EXPECT_EQ(whole.take<std::uint8_t>(), 7);
    EXPECT_TRUE(whole.good() && whole.at_end());
    EXPECT_TRUE(in.good() && in.at_end()) << "nothing need follow";
}

}  // namespace
}  // namespace hvfbd
