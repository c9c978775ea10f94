#include "damage/compare.h"

#include <gtest/gtest.h>

#include <sys/mman.h>

#include <array>
#include <cstring>

#include "base/region.h"
#include "random_words.h"

namespace hvfbd {
namespace {

struct Canvas {
    Canvas(std::uint32_t canvas_width, std::uint32_t canvas_height, std::uint32_t padding)
        : width(canvas_width),
          height(canvas_height),
          stride((canvas_width + padding) * 4),
          bytes(std::size_t{stride} * canvas_height) {}

    std::uint32_t get(std::uint32_t x, std::uint32_t y) const {
        std::uint32_t pixel;
        std::memcpy(&pixel, bytes.data() + std::size_t{y} * stride + x * 4, 4);
        return pixel;
    }
    void set(std::uint32_t x, std::uint32_t y, std::uint32_t pixel) {
        std::memcpy(bytes.data() + std::size_t{y} * stride + x * 4, &pixel, 4);
    }
    PictureView view() const { return {bytes.data(), width, height, stride}; }
    MutablePictureView writable() { return {bytes.data(), width, height, stride}; }
    Rectangle whole() const { return {0, 0, static_cast<int>(width), static_cast<int>(height)}; }

    std::uint32_t width, height, stride;
    std::vector<std::byte> bytes;
};

class Compare : public ::testing::Test {
  protected:
    hvfbd::testing::RandomWords random{42};

    void scribble(Canvas& canvas, unsigned changes) {
        for (unsigned i = 0; i < changes; ++i) {
            std::uint32_t x = random() % canvas.width, y = random() % canvas.height;
            std::uint32_t run = random() % 4 ? 1 : 1 + random() % 200;
            for (std::uint32_t j = x; j < std::min(x + run, canvas.width); ++j)
                canvas.set(j, y, random() % 4);
        }
    }
};

TEST_F(Compare, copies_exactly_its_spans_which_are_only_what_differed) {
    for (int round = 0; round < 300; ++round) {
        std::uint32_t width = 1 + random() % 300, height = 1 + random() % 40;
        Canvas source(width, height, random() % 3 * 7), target(width, height, random() % 3 * 5);
        scribble(source, random() % 30);
        scribble(target, random() % 30);
        Canvas before = target;
        Rectangle where{static_cast<int>(random() % width), static_cast<int>(random() % height), 0, 0};
        where.right = where.left + 1 + static_cast<int>(random() % width);
        where.bottom = where.top + 1 + static_cast<int>(random() % height);
        Found found;
        Canvas scanout = target;
        compare_and_copy(source.view(), target.writable(), scanout.writable(), {&where, 1}, found);
        EXPECT_EQ(scanout.bytes, target.bytes);

        Region copied(found.spans);
        EXPECT_EQ(copied.area(), found.pixels) << "spans do not overlap";
        for (std::uint32_t y = 0; y < height; ++y)
            for (std::uint32_t x = 0; x < width; ++x) {
                auto ix = static_cast<int>(x), iy = static_cast<int>(y);
                bool inside = !intersection({ix, iy, ix + 1, iy + 1}, where).empty();
                EXPECT_EQ(target.get(x, y), inside ? source.get(x, y) : before.get(x, y));
                Region pixel(Rectangle{ix, iy, ix + 1, iy + 1});
                Region left_out = pixel;
                left_out -= copied;
                bool changed = inside && source.get(x, y) != before.get(x, y);
                EXPECT_FALSE(changed && !left_out.empty()) << "copied, not in a span";
                EXPECT_FALSE(!inside && left_out.empty()) << "in a span, not to be compared";
            }
        for (const Rectangle& span : found.spans) {
            EXPECT_EQ(span.height(), 1);
            EXPECT_NE(
                before.get(static_cast<std::uint32_t>(span.left), static_cast<std::uint32_t>(span.top)),
                target.get(static_cast<std::uint32_t>(span.left), static_cast<std::uint32_t>(span.top)));
            EXPECT_NE(
                before.get(static_cast<std::uint32_t>(span.right) - 1, static_cast<std::uint32_t>(span.top)),
                target.get(static_cast<std::uint32_t>(span.right) - 1, static_cast<std::uint32_t>(span.top)));
        }
        EXPECT_TRUE(std::ranges::is_sorted(found.spans, {},
                                           [](const Rectangle& r) { return std::pair(r.top, r.left); }));
    }
}

TEST_F(Compare, finds_nothing_where_nothing_differs_and_leaves_padding_alone) {
    Canvas source(65, 3, 3), target(65, 3, 3);
    std::fill(source.bytes.begin(), source.bytes.end(), std::byte{1});
    for (std::uint32_t y = 0; y < 3; ++y)
        for (std::uint32_t x = 0; x < 65; ++x) target.set(x, y, source.get(x, y));
    Canvas before = target;
    Found found;
    Rectangle whole = target.whole();
    compare_and_copy(source.view(), target.writable(), {}, {&whole, 1}, found);
    EXPECT_TRUE(found.spans.empty());
    EXPECT_EQ(before.bytes, target.bytes);
}

TEST_F(Compare, seventeen_sampled_compares_see_what_differs_anywhere) {
    Canvas source(70, 50, 3), target(70, 50, 0);
    std::array<Rectangle, 2> where{{{0, 0, 70, 20}, {5, 20, 60, 50}}};
    auto seen = [&] {
        int count = 0;
        for (unsigned round = 0; round < 17; ++round)
            count += differs_somewhere(source.view(), target.view(), where, round);
        return count;
    };
    EXPECT_EQ(seen(), 0);
    for (std::uint32_t y = 0; y < 50; ++y) {
        source.set(59, y, 1);
        EXPECT_EQ(seen(), 1) << y;
        source.set(59, y, 0);
        // Not inside.
        source.set(69, y, 1);
        EXPECT_EQ(seen(), y < 20 ? 1 : 0) << y;
        source.set(69, y, 0);
    }
}

TEST_F(Compare, a_sampled_compare_sees_that_text_has_scrolled_by_a_line) {
    Canvas source(64, 400, 0), target(64, 400, 0);
    // Lines of 16 rows, six of them blank, each line with its own ink.
    auto line = [](Canvas& canvas, std::uint32_t offset) {
        for (std::uint32_t y = 0; y < 400; ++y)
            if (y % 16 >= 3 && y % 16 < 13)
                for (std::uint32_t x = 0; x < 64; ++x) canvas.set(x, y, y / 16 + offset + 1);
    };
    line(target, 0);
    line(source, 1);
    std::array where{source.whole()};
    for (unsigned round = 0; round < 17; ++round)
        EXPECT_TRUE(differs_somewhere(source.view(), target.view(), where, round)) << round;
}

TEST_F(Compare, counts_the_pixels_of_the_tiles_that_differed) {
    Canvas source(200, 3, 0), target(200, 3, 0);
    source.set(70, 0, 1);
    source.set(199, 1, 1);
    source.set(0, 2, 1);
    source.set(64, 2, 1);
    Found found;
    std::array where{source.whole()};
    compare_and_copy(source.view(), target.writable(), {}, where, found);
    EXPECT_EQ(found.pixels, 1 + 1 + 65);
    EXPECT_EQ(found.pixels_in_tiles, 64 + 8 + 128);
    source.set(63, 0, 1);
    compare_and_copy(source.view(), target.writable(), {}, where, found);
    EXPECT_EQ(found.pixels, 1) << "those of this comparison";
    EXPECT_EQ(found.pixels_in_tiles, 64);
    compare_and_copy({}, target.writable(), {}, where, found);
    EXPECT_EQ(found.pixels, 8 + 1 + 65) << "in a row from the first that was lit to the last";
    EXPECT_EQ(found.pixels_in_tiles, 8 + 1 + 65);
}

// Pixels between two pages that nobody may touch: first right behind the one, or last right before the other.
class GuardedPixels {
  public:
    GuardedPixels(std::size_t count, bool at_the_end) {
        auto* pages =
            static_cast<std::byte*>(mmap(nullptr, 3 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        mprotect(pages + page, page, PROT_READ | PROT_WRITE);
        mapping_ = pages;
        pixels_ = pages + page + (at_the_end ? page - count * 4 : 0);
    }
    GuardedPixels(const GuardedPixels&) = delete;
    ~GuardedPixels() { munmap(mapping_, 3 * page); }

    std::byte* pixels() const { return pixels_; }

  private:
    static constexpr std::size_t page = 4096;
    std::byte *mapping_, *pixels_;
};

TEST_F(Compare, touches_nothing_beside_the_pictures) {
    for (std::uint32_t width : {1u, 50u, 64u, 65u, 128u})
        for (bool at_the_end : {false, true})
            for (bool differs : {false, true}) {
                GuardedPixels source(width, at_the_end), target(width, at_the_end);
                if (differs) std::memset(source.pixels(), 1, width * 4);
                Found found;
                Rectangle where{-5, -5, 1000, 1000};
                PictureView view{source.pixels(), width, 1, width * 4};
                MutablePictureView writable{target.pixels(), width, 1, width * 4};
                EXPECT_EQ(differs_somewhere(view, writable, {&where, 1}, 0), differs);
                compare_and_copy(view, writable, {}, {&where, 1}, found);
                EXPECT_EQ(found.pixels, differs ? std::int64_t{width} : 0);
                EXPECT_EQ(std::memcmp(source.pixels(), target.pixels(), width * 4), 0);
            }
}

TEST_F(Compare, takes_black_where_the_source_does_not_reach) {
    Canvas source(10, 4, 0), target(20, 8, 1);
    std::fill(source.bytes.begin(), source.bytes.end(), std::byte{2});
    std::fill(target.bytes.begin(), target.bytes.end(), std::byte{3});
    Canvas scanout = target;
    Found found;
    Rectangle whole = target.whole();
    compare_and_copy(source.view(), target.writable(), scanout.writable(), {&whole, 1}, found);
    for (std::uint32_t y = 0; y < 8; ++y)
        for (std::uint32_t x = 0; x < 20; ++x)
            EXPECT_EQ(target.get(x, y), x < 10 && y < 4 ? 0x02020202u : 0u);
    EXPECT_EQ(scanout.bytes, target.bytes);
    EXPECT_EQ(Region(found.spans).area(), 160);
    compare_and_copy({}, target.writable(), {}, {&whole, 1}, found);
    EXPECT_EQ(Region(found.spans).area(), 40) << "only what was still lit";
}

TEST_F(Compare, of_a_source_that_is_larger_compares_only_what_fits) {
    Canvas source(40, 40, 0), target(20, 20, 2);
    std::fill(source.bytes.begin(), source.bytes.end(), std::byte{9});
    Found found;
    Rectangle everywhere{-10, -10, 100, 100};
    compare_and_copy(source.view(), target.writable(), {}, {&everywhere, 1}, found);
    EXPECT_EQ(Region(found.spans), Region(target.whole()));
}

TEST_F(Compare, several_places_side_by_side_are_found_row_by_row) {
    Canvas source(300, 10, 0), target(300, 10, 0);
    for (std::uint32_t y = 0; y < 10; ++y)
        for (std::uint32_t x : {5u, 205u}) source.set(x, y, 7);
    std::array where{Rectangle{0, 0, 100, 10}, Rectangle{200, 0, 300, 10}};
    Found found;
    compare_and_copy(source.view(), target.writable(), {}, where, found);
    ASSERT_EQ(found.spans.size(), 20u);
    EXPECT_EQ(found.spans[0], (Rectangle{5, 0, 6, 1}));
    EXPECT_EQ(found.spans[1], (Rectangle{205, 0, 206, 1}));
    EXPECT_EQ(found.spans[2], (Rectangle{5, 1, 6, 2}));
}

TEST_F(Compare, several_places_side_by_side_may_have_different_rows) {
    Canvas source(60, 10, 0), target(60, 10, 0);
    std::fill(source.bytes.begin(), source.bytes.end(), std::byte{1});
    std::array where{Rectangle{0, 0, 10, 10}, Rectangle{20, 0, 30, 5}, Rectangle{40, 3, 50, 5}};
    Found found;
    compare_and_copy(source.view(), target.writable(), {}, where, found);
    EXPECT_EQ(Region(found.spans), Region(std::span<const Rectangle>(where)));
}

TEST_F(Compare, a_glance_sees_nothing_beside_the_places_it_is_to_look_at) {
    Canvas source(70, 60, 3), target(70, 60, 0);
    scribble(source, 500);
    for (std::uint32_t y = 0; y < 60; ++y)
        for (std::uint32_t x = 0; x < 70; ++x) target.set(x, y, source.get(x, y));
    for (std::uint32_t i = 0; i < 70; ++i) {
        for (std::uint32_t y : {19u, 40u}) source.set(i, y, 9);
        for (std::uint32_t x : {4u, 60u})
            if (i < 60) source.set(x, i, 9);
    }
    std::array where{Rectangle{5, 20, 60, 40}, Rectangle{70, 20, 80, 40}, Rectangle{100, 0, 200, 60}};
    for (unsigned round = 0; round < 17; ++round)
        EXPECT_FALSE(differs_somewhere(source.view(), target.view(), where, round)) << round;
}

TEST_F(Compare, seventeen_sampled_compares_see_what_differs_in_a_place_that_moves) {
    Canvas source(10, 200, 0), target(10, 200, 0);
    source.set(0, 100, 1);
    for (unsigned round = 0; round < 20; ++round) {
        int count = 0;
        for (unsigned round = 0; round < 17; ++round) {
            Rectangle where{0, static_cast<int>(random() % 100), 10, 200};
            count += differs_somewhere(source.view(), target.view(), {&where, 1}, round);
        }
        EXPECT_EQ(count, 1);
    }
}

TEST_F(Compare, spans_reach_scanout_whatever_the_strides) {
    for (std::uint32_t padding : {0u, 3u}) {
        Canvas front(100, 50, 0), scanout(100, 50, padding);
        scribble(front, 500);
        std::fill(front.bytes.begin() + 20 * 400, front.bytes.end(), std::byte{1});
        std::array where{Rectangle{0, 0, 100, 1},    Rectangle{0, 1, 100, 2},    Rectangle{3, 5, 9, 6},
                         Rectangle{0, 7, 100, 20},   Rectangle{0, 20, 90, 21},   Rectangle{10, 21, 90, 22},
                         Rectangle{10, 24, 100, 26}, Rectangle{30, 26, 100, 28}, Rectangle{0, 30, 50, 35},
                         Rectangle{0, 35, 50, 36},   Rectangle{0, 40, 100, 41},  Rectangle{0, 43, 100, 45}};
        copy_spans(front.view(), scanout.writable(), where);
        Region copied{std::span<const Rectangle>(where)};
        for (std::uint32_t y = 0; y < 50; ++y)
            for (std::uint32_t x = 0; x < 100; ++x) {
                Region pixel(Rectangle{static_cast<int>(x), static_cast<int>(y), static_cast<int>(x) + 1,
                                       static_cast<int>(y) + 1});
                pixel -= copied;
                EXPECT_EQ(scanout.get(x, y), pixel.empty() ? front.get(x, y) : 0u);
            }
    }
}

}  // namespace
}  // namespace hvfbd
