#include "output/hyperv/dirt_frame.h"

#include <gtest/gtest.h>

#include "output/hyperv/ring.h"
#include "output/hyperv/synthvid.h"

namespace hvfbd::hyperv {
namespace {

constexpr Rectangle screen{0, 0, 1000, 800};

std::vector<Rectangle> boxes(std::size_t count) {
    std::vector<Rectangle> boxes;
    for (std::size_t i = 0; i < count; ++i) {
        auto at = static_cast<std::int32_t>(i);
        boxes.push_back({at * 2 % 1000, at * 2 / 1000 * 2, at * 2 % 1000 + 1, at * 2 / 1000 * 2 + 1});
    }
    return boxes;
}

// No two touch the same tile.
std::vector<Rectangle> far_boxes(std::size_t count) {
    std::vector<Rectangle> far = boxes(count);
    for (Rectangle& box : far) box = {box.left * 16, box.top, box.left * 16 + 1, box.bottom};
    return far;
}

std::vector<std::byte> encoded(const Rectangle& rectangle) {
    std::vector<std::byte> message;
    synthvid::encode_dirt(std::array{rectangle}, message);
    return message;
}

// The rectangles of each message.
std::vector<std::size_t> counts(const DirtFrame& frame) {
    std::vector<std::size_t> counts;
    for (const auto& message : frame.messages()) {
        counts.push_back(std::to_integer<std::size_t>(message[17]));
        EXPECT_EQ(message.size(), synthvid::dirt_size(counts.back()));
    }
    return counts;
}

TEST(DirtFrame, has_a_message_for_each_rectangle_and_four_at_most) {
    DirtFrame frame(1);
    EXPECT_EQ(frame.most_rectangles(), 4u);
    for (std::size_t count : {0u, 1u, 3u, 4u}) {
        frame.set(far_boxes(count), screen);
        EXPECT_EQ(counts(frame), std::vector<std::size_t>(count, 1)) << count;
    }
    frame.set(far_boxes(5), screen);
    EXPECT_EQ(counts(frame), (std::vector<std::size_t>{1})) << "the box around them";
    EXPECT_EQ(frame.messages()[0], encoded({0, 0, 129, 1}));
}

TEST(DirtFrame, has_one_message_for_what_one_box_covers_without_another_tile) {
    const auto messages = [](std::initializer_list<Rectangle> rectangles) {
        DirtFrame frame(1);
        frame.set(std::vector(rectangles), screen);
        std::vector<std::vector<std::byte>> found(frame.messages().begin(), frame.messages().end());
        return found;
    };
    using Messages = std::vector<std::vector<std::byte>>;
    const Rectangle one{1, 1, 2, 2};
    EXPECT_EQ(messages({one, {14, 14, 16, 16}}), Messages{encoded({1, 1, 16, 16})}) << "the same tile";
    EXPECT_EQ(messages({one, {14, 14, 17, 16}}), Messages{encoded({1, 1, 17, 16})}) << "and one beside it";
    EXPECT_EQ(messages({one, {16, 3, 17, 4}}), Messages{encoded({1, 1, 17, 4})}) << "side by side";
    EXPECT_EQ(messages({one, {16, 3, 17, 17}}), (Messages{encoded(one), encoded({16, 3, 17, 17})}))
        << "one of the four has no pixel of either";
    EXPECT_EQ(messages({one, {32, 1, 33, 2}}), (Messages{encoded(one), encoded({32, 1, 33, 2})}))
        << "one between them";
    EXPECT_EQ(messages({one, {32, 1, 33, 2}, {16, 1, 17, 2}}), Messages{encoded({1, 1, 33, 2})})
        << "which the third one has";
    EXPECT_EQ(messages({{1, 20, 2, 21}, {20, 20, 21, 21}, {20, 1, 21, 2}, one}),
              Messages{encoded({1, 1, 21, 21})});
}

TEST(DirtFrame, keeps_rectangles_apart_where_a_message_may_have_several) {
    DirtFrame frame(2);
    frame.set(boxes(3), screen);
    EXPECT_EQ(counts(frame), (std::vector<std::size_t>{2, 1}));
    frame.set(boxes(9), screen);
    EXPECT_EQ(counts(frame), std::vector<std::size_t>{1}) << "the box around them";
    EXPECT_EQ(frame.messages()[0], encoded({0, 0, 17, 1}));
}

TEST(DirtFrame, has_more_rectangles_in_a_message_where_that_is_allowed) {
    DirtFrame frame(255);
    EXPECT_EQ(frame.most_rectangles(), 1020u);
    frame.set(boxes(16), screen);
    EXPECT_EQ(counts(frame), std::vector<std::size_t>{16});
    frame.set(boxes(1020), screen);
    EXPECT_EQ(counts(frame), std::vector<std::size_t>(4, 255));
    EXPECT_EQ(DirtFrame(0).most_rectangles(), 4u);
    EXPECT_EQ(DirtFrame(1000).most_rectangles(), 1020u);
}

TEST(DirtFrame, has_a_rectangle_in_a_message_at_least_however_small_the_ring) {
    DirtFrame frame(255);
    frame.fit(1);
    EXPECT_EQ(frame.most_rectangles(), 4u);
}

TEST(DirtFrame, submits_nothing_that_is_not_on_the_screen) {
    DirtFrame frame(1);
    std::vector<Rectangle> rectangles{{-5, -5, 10, 10}, {2000, 0, 2001, 1}, {10, 10, 10, 20}};
    frame.set(rectangles, screen);
    std::vector<std::byte> inside;
    synthvid::encode_dirt(std::array{Rectangle{0, 0, 10, 10}}, inside);
    ASSERT_EQ(counts(frame), (std::vector<std::size_t>{1}));
    EXPECT_EQ(frame.messages()[0], inside);
}

TEST(DirtFrame, fits_whole_into_every_ring_that_is_empty) {
    for (std::size_t pages : {1u, 2u, 4u, 5u, 511u}) {
        std::vector<std::byte> memory((pages + 1) * 4096);
        OutgoingRing ring(RingMemory(memory, 4096));
        DirtFrame frame(255);
        frame.fit(ring.size());
        ASSERT_GE(frame.most_rectangles(), 4u);
        frame.set(boxes(frame.most_rectangles()), screen);
        ASSERT_EQ(frame.messages().size(), 4u);
        for (const auto& message : frame.messages())
            EXPECT_NE(ring.send(message), OutgoingRing::Sent::full) << pages << " pages";
        frame.fit(2 << 20);
        EXPECT_EQ(frame.most_rectangles(), 1020u) << "another ring";
    }
}

}  // namespace
}  // namespace hvfbd::hyperv
