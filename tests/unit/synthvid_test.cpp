#include "output/hyperv/synthvid.h"

#include <gtest/gtest.h>

namespace hvfbd::hyperv::synthvid {
namespace {

using Bytes = std::vector<int>;

Bytes numbers(const std::vector<std::byte>& bytes) {
    Bytes all;
    for (std::byte byte : bytes) all.push_back(std::to_integer<int>(byte));
    return all;
}

std::vector<std::byte> message(unsigned type, const Bytes& body, unsigned inner_size = 0) {
    std::vector<std::byte> bytes;
    auto put = [&](std::uint32_t value) {
        for (unsigned i = 0; i < 4; ++i) bytes.push_back(static_cast<std::byte>(value >> (8 * i)));
    };
    put(1);
    put(static_cast<std::uint32_t>(8 + body.size()));
    put(type);
    put(inner_size);
    for (int value : body) bytes.push_back(static_cast<std::byte>(value));
    return bytes;
}

// Worked out by hand from the tables, byte for byte.
TEST(Encoding, writes_every_message_as_the_tables_say) {
    std::vector<std::byte> out;
    encode_version_request(version_3_5, out);
    EXPECT_EQ(numbers(out), (Bytes{1, 0, 0, 0, 12, 0, 0, 0, 1, 0, 0, 0, 12, 0, 0, 0, 3, 0, 5, 0}));
    encode_resolution_request(out);
    EXPECT_EQ(numbers(out), (Bytes{1, 0, 0, 0, 9, 0, 0, 0, 13, 0, 0, 0, 9, 0, 0, 0, 64}));
    encode_vram_location(0xf8000000, 0x1f8000000, out);
    EXPECT_EQ(numbers(out), (Bytes{1, 0, 0,    0, 25, 0, 0, 0, 3, 0, 0, 0,    25, 0, 0, 0, 0,
                                   0, 0, 0xf8, 0, 0,  0, 0, 1, 0, 0, 0, 0xf8, 1,  0, 0, 0}));
    encode_situation_update(7, {1024, 768}, out);
    EXPECT_EQ(numbers(out), (Bytes{1, 0, 0, 0, 35, 0, 0, 0, 5,  0, 0, 0, 35, 0, 0, 0, 7, 0, 0,  0, 0, 0,
                                   0, 0, 1, 1, 0,  0, 0, 0, 32, 0, 4, 0, 0,  0, 3, 0, 0, 0, 16, 0, 0}));
    encode_hidden_pointer_position(out);
    EXPECT_EQ(numbers(out),
              (Bytes{1, 0, 0, 0, 18, 0, 0, 0, 7, 0, 0, 0, 18, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0}));
    encode_hidden_pointer_shape(out);
    EXPECT_EQ(numbers(out), (Bytes{1, 0, 0, 0, 30, 0, 0, 0, 8, 0, 0, 0, 30, 0, 0, 0, 255, 1, 1,
                                   0, 0, 0, 1, 0,  0, 0, 0, 0, 0, 0, 0, 0,  0, 0, 0, 1,   1, 1}));
    std::vector<Rectangle> two{{1, 2, 259, 4}, {0, 0, 1, 1}};
    encode_dirt(two, out);
    EXPECT_EQ(numbers(out),
              (Bytes{1, 0, 0, 0, 42, 0, 0, 0, 10, 0, 0, 0, 42, 0, 0, 0, 0, 2, 1, 0, 0, 0, 2, 0, 0,
                     0, 3, 1, 0, 0,  4, 0, 0, 0,  0, 0, 0, 0,  0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0}));
}

TEST(Decoding, takes_the_answers_whatever_their_inner_size_says) {
    for (unsigned inner : {0u, 6u, 14u, 0xffffffffu}) {
        auto received = decode(message(2, {3, 0, 5, 0, 2, 1}, inner));
        auto* response = std::get_if<VersionResponse>(&received);
        ASSERT_TRUE(response);
        EXPECT_EQ(response->version, version_3_5);
        EXPECT_TRUE(response->accepted);
    }
    // Each of the two bytes after the version has a meaning of its own.
    EXPECT_TRUE(std::get<VersionResponse>(decode(message(2, {3, 0, 5, 0, 1, 0}))).accepted);
    EXPECT_FALSE(std::get<VersionResponse>(decode(message(2, {3, 0, 5, 0, 0, 1}))).accepted);
    auto ack = decode(message(4, {0, 0, 0, 0xf8, 1, 0, 0, 0}));
    EXPECT_EQ(std::get<VramLocationAck>(ack).context, 0x1f8000000u);
    auto situation = decode(message(6, {9, 0, 0, 0, 0, 0, 0, 0}));
    EXPECT_EQ(std::get<SituationUpdateAck>(situation).context, 9u);
}

TEST(Decoding, takes_a_feature_change_in_either_length) {
    for (std::size_t length : {4u, 132u}) {
        Bytes body(length);
        body[0] = 1;
        body[2] = 5;
        auto received = decode(message(9, body));
        auto* features = std::get_if<FeatureChange>(&received);
        ASSERT_TRUE(features);
        EXPECT_TRUE(features->dirt);
        EXPECT_FALSE(features->pointer_position);
        EXPECT_TRUE(features->pointer_shape);
        EXPECT_FALSE(features->situation);
    }
}

TEST(Decoding, takes_each_flag_of_a_feature_change_by_itself_and_any_number_but_zero_for_set) {
    for (std::size_t set = 0; set < 4; ++set) {
        for (int value : {1, 255}) {
            Bytes body(4);
            body[set] = value;
            auto received = decode(message(9, body));
            const auto& features = std::get<FeatureChange>(received);
            EXPECT_EQ(features.dirt, set == 0);
            EXPECT_EQ(features.pointer_position, set == 1);
            EXPECT_EQ(features.pointer_shape, set == 2);
            EXPECT_EQ(features.situation, set == 3);
        }
    }
}

Bytes resolutions(int count, int preferred, int sent) {
    Bytes body(131);
    body[128] = count;
    body[129] = preferred;
    for (int i = 0; i < sent; ++i) body.insert(body.end(), {i, 4, 2 * i, 3});
    return body;
}

TEST(Decoding, takes_no_more_resolutions_than_were_sent) {
    auto good = decode(message(14, resolutions(3, 1, 3)));
    const auto& list = std::get<ResolutionResponse>(good);
    ASSERT_EQ(list.count, 3u);
    EXPECT_EQ(list.preferred, 1u);
    for (std::uint32_t i = 0; i < 3; ++i) EXPECT_EQ(list.modes[i], (Mode{1024 + i, 768 + 2 * i}));
    EXPECT_EQ(std::get<ResolutionResponse>(decode(message(14, resolutions(64, 63, 64)))).count, 64u);
    EXPECT_EQ(std::get<ResolutionResponse>(decode(message(14, resolutions(0, 0, 0)))).count, 0u);
    auto wild = decode(message(14, resolutions(2, 200, 2)));
    EXPECT_EQ(std::get<ResolutionResponse>(wild).preferred, 2u) << "no preferred one";
    EXPECT_TRUE(std::holds_alternative<Malformed>(decode(message(14, resolutions(3, 0, 2)))));
    EXPECT_TRUE(std::holds_alternative<Malformed>(decode(message(14, resolutions(65, 0, 65)))));
}

TEST(Decoding, finds_every_message_that_is_cut_short) {
    struct {
        unsigned type;
        std::size_t least;
    } messages[] = {{2, 6}, {4, 8}, {6, 8}, {9, 4}, {14, 131}};
    for (auto [type, least] : messages)
        for (std::size_t length = 0; length <= least; ++length)
            EXPECT_EQ(std::holds_alternative<Malformed>(decode(message(type, Bytes(length)))), length < least)
                << type << " of " << length;
    auto whole = message(9, {1, 1, 1, 1});
    for (std::size_t length = 0; length < 16; ++length)
        EXPECT_TRUE(std::holds_alternative<Malformed>(decode(std::span(whole).first(length))));
    whole[0] = std::byte{2};
    EXPECT_TRUE(std::holds_alternative<Malformed>(decode(whole))) << "no pipe data";
}

TEST(Decoding, knows_nothing_of_what_only_guests_send_or_nobody_does) {
    for (unsigned type : {0u, 1u, 3u, 5u, 10u, 12u, 16u, 0xffffffffu})
        for (std::size_t size : {200U, 0U})
            EXPECT_TRUE(std::holds_alternative<Unknown>(decode(message(type, Bytes(size))))) << type;
}

}  // namespace
}  // namespace hvfbd::hyperv::synthvid
