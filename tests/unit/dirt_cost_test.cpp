// What a frame's messages cost who looks by OpenVMM's VNC server: the daemon's frames, the simulated host's
// server.
#include <gtest/gtest.h>

#include <cstring>

#include "damage/reduce.h"
#include "hvhost/vnc_client.h"
#include "output/hyperv/dirt_frame.h"
#include "random_words.h"

namespace hvfbd {
namespace {

using namespace std::chrono_literals;

constexpr Rectangle screen{0, 0, 1024, 768};
constexpr int frames = 200;

struct Cost {
    std::uint64_t pixels, repaints;
};

// Of frames so far from each other, each of which has the changes that `changes_in` says, in `most`
// rectangles.
template <typename ChangesIn>
Cost cost(std::size_t most, std::chrono::microseconds interval, const ChangesIn& changes_in) {
    hvhost::VncClient client;
    hvhost::VncClient::Time now{1h};
    client.resize(1024, 768, now);
    now += 50ms;
    client.tick(now);
    const std::uint64_t at_first = client.pixels();
    hyperv::DirtFrame frame(1);
    std::vector<Rectangle> rectangles;
    for (int i = 0; i < frames; ++i) {
        reduce(changes_in(i), most, rectangles);
        // One DirtFrame after another, where `most` is more than it takes.
        for (std::span<const Rectangle> rest(rectangles); !rest.empty();) {
            std::size_t count = std::min(frame.most_rectangles(), rest.size());
            frame.set(rest.first(count), screen);
            rest = rest.subspan(count);
            for (const auto& message : frame.messages()) {
                hvhost::wire::DirtRect told{};
                std::memcpy(&told, message.data() + 18, sizeof told);
                client.dirt({told}, now);
            }
        }
        now += interval;
    }
    now += 50ms;
    client.tick(now);
    return {client.pixels() - at_first, client.repaints()};
}

// Small changes in `places` places that move about.
auto scattered(std::int32_t places, std::int32_t distance) {
    return [=](int frame) {
        std::vector<Rectangle> changes;
        for (std::int32_t place = 0; place < places; ++place) {
            std::int32_t left = place % 4 * distance + frame % 50 * 16, top = place / 4 * distance;
            changes.push_back({left, top, left + 8, top + 8});
        }
        return Region(changes);
    };
}

// A screen of lines of text with ragged ends that scrolls by a line a frame: of each line of 16 rows 10
// differ, as far as the longer one of what was there and what is there now. Where `tiles` is given, it counts
// what differs.
auto scrolling(std::uint64_t* tiles = nullptr) {
    std::vector<std::int32_t> ends;
    testing::RandomWords random(7);
    for (int line = 0; line < frames + 49; ++line)
        ends.push_back(1 + static_cast<std::int32_t>(random() % 102) * 8);
    return [=](int frame) {
        std::vector<Rectangle> changes;
        for (int line = 0; line < 48; ++line) {
            const auto first = static_cast<std::size_t>(frame + line);
            const std::int32_t end = std::max(ends[first], ends[first + 1]);
            for (std::int32_t row = line * 16 + 3; row < line * 16 + 13; ++row)
                changes.push_back({0, row, end, row + 1});
            if (tiles) *tiles += static_cast<std::uint64_t>(end + 15) / 16;
        }
        return Region(changes);
    };
}

TEST(ClientsOfOpenVmm, are_sent_the_tiles_that_changed_and_never_the_whole_screen_for_frames_of_any_kind) {
    for (std::int32_t places : {1, 4, 9, 16}) {
        Cost found = cost(hyperv::DirtFrame(1).most_rectangles(), 50ms, scattered(places, 16));
        EXPECT_EQ(found.repaints, 0u) << places;
        // Sixteen places are a square of four tiles each way; nine leave the half of theirs out.
        EXPECT_LE(found.pixels, std::uint64_t{frames} * 16 * 256) << places;
    }
}

TEST(ClientsOfOpenVmm, are_sent_less_than_a_third_more_than_what_changed_of_scrolling_text) {
    std::uint64_t tiles = 0;
    Cost found = cost(hyperv::DirtFrame(1).most_rectangles(), 50ms, scrolling(&tiles));
    EXPECT_EQ(found.repaints, 0u);
    EXPECT_LT(static_cast<double>(found.pixels) / static_cast<double>(tiles * 256), 1.33);
}

// Two frames meet in one queue then.
TEST(ClientsOfOpenVmm, are_not_sent_the_whole_screen_for_changes_in_a_place_or_two_at_sixty_frames_a_second) {
    for (std::int32_t places : {4, 8, 16}) EXPECT_EQ(cost(4, 16667us, scattered(places, 16)).repaints, 0u);
    EXPECT_EQ(cost(4, 16667us, scattered(2, 200)).repaints, 0u);
}

// What it is that is promised: this was done until frames were limited.
TEST(ClientsOfOpenVmm, would_be_sent_the_whole_screen_for_every_frame_of_sixteen_messages) {
    Cost found = cost(16, 50ms, scattered(16, 32));
    EXPECT_EQ(found.repaints, static_cast<std::uint64_t>(frames));
    EXPECT_EQ(found.pixels, std::uint64_t{frames} * 1024 * 768);
}

}  // namespace
}  // namespace hvfbd
