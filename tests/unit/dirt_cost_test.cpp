// What a frame's messages cost who looks by OpenVMM's VNC server: the daemon's frames, the simulated host's
// server.
#include <gtest/gtest.h>

#include <cstring>

#include "damage/reduce.h"
#include "hvhost/vnc_client.h"
#include "output/hyperv/dirt_frame.h"

namespace hvfbd {
namespace {

using namespace std::chrono_literals;

constexpr Rectangle screen{0, 0, 1024, 768};
constexpr int frames = 200;

// Twenty frames a second, each with small changes in `places` places that move about.
struct Cost {
    std::uint64_t pixels, repaints;
};
Cost cost(std::size_t most, std::int32_t places) {
    hvhost::VncClient client;
    hvhost::VncClient::Time now{1h};
    client.resize(1024, 768, now);
    now += 50ms;
    client.tick(now);
    const std::uint64_t at_first = client.pixels();
    hyperv::DirtFrame frame(1);
    std::vector<Rectangle> rectangles;
    for (int i = 0; i < frames; ++i) {
        std::vector<Rectangle> changes;
        for (std::int32_t place = 0; place < places; ++place) {
            std::int32_t left = place % 4 * 16 + i % 50 * 16, top = place / 4 * 16;
            changes.push_back({left, top, left + 8, top + 8});
        }
        reduce(Region(changes), most, rectangles);
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
        now += 50ms;
    }
    client.tick(now);
    return {client.pixels() - at_first, client.repaints()};
}

TEST(ClientsOfOpenVmm, are_sent_the_tiles_that_changed_and_never_the_whole_screen_for_frames_of_any_kind) {
    for (std::int32_t places : {1, 4, 9, 16}) {
        Cost found = cost(hyperv::DirtFrame(1).most_rectangles(), places);
        EXPECT_EQ(found.repaints, 0u) << places;
        // Sixteen places are a square of four tiles each way; nine leave the half of theirs out.
        EXPECT_LE(found.pixels, std::uint64_t{frames} * 16 * 256) << places;
    }
}

// What it is that is promised: this was done until frames were limited.
TEST(ClientsOfOpenVmm, would_be_sent_the_whole_screen_for_every_frame_of_sixteen_messages) {
    Cost found = cost(16, 16);
    EXPECT_EQ(found.repaints, static_cast<std::uint64_t>(frames));
    EXPECT_EQ(found.pixels, std::uint64_t{frames} * 1024 * 768);
}

}  // namespace
}  // namespace hvfbd
