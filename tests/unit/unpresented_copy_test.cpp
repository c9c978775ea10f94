// A store that lands between the comparison and the copy. Built twice: with compare.cpp as it is, and with
// the broken variant that copies more than its spans say, which this must catch. (Without the store both do
// the same.)
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <vector>

#include "damage/compare.h"

namespace hvfbd {
namespace {

constexpr std::uint32_t width = 128;
std::array<std::uint32_t, width> shadow, front, host;
bool stores_meanwhile = false;
int stores = 0;

}  // namespace

void store_meanwhile() {
    if (!stores_meanwhile) return;
    shadow[40] = 2;
    ++stores;
}

namespace {

// What the host shows after the frames of one surface, of which `right` pixels are compared: it copies from
// front inside the spans, and nowhere else.
void present(std::uint32_t right) {
    Found found;
    Rectangle where{0, 0, static_cast<int>(right), 1};
    compare_and_copy({reinterpret_cast<const std::byte*>(shadow.data()), width, 1, width * 4},
                     {reinterpret_cast<std::byte*>(front.data()), width, 1, width * 4}, {}, {&where, 1},
                     found);
    for (const Rectangle& span : found.spans)
        for (int x = span.left; x < span.right; ++x)
            host[static_cast<std::size_t>(x)] = front[static_cast<std::size_t>(x)];
}

class AStoreBetweenComparingAndCopying : public ::testing::TestWithParam<std::uint32_t> {};

TEST_P(AStoreBetweenComparingAndCopying, reaches_the_host_with_a_later_frame) {
    shadow.fill(0);
    front.fill(0);
    host.fill(0);
    shadow[10] = 1;
    stores = 0;
    stores_meanwhile = true;
    present(GetParam());
    stores_meanwhile = false;
    EXPECT_EQ(stores, 1);
    for (int frames = 0; frames < 3; ++frames) present(GetParam());
    EXPECT_EQ(front, shadow);
#ifdef HVFBD_MUTATION_COPY_MORE_THAN_FOUND
    EXPECT_NE(host, shadow) << "the broken variant is not caught";
#else
    EXPECT_EQ(host, shadow);
#endif
}
INSTANTIATE_TEST_SUITE_P(InAWholeTileAndInAPart, AStoreBetweenComparingAndCopying,
                         ::testing::Values(width, 50u));

}  // namespace
}  // namespace hvfbd
