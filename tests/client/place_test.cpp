// Pixels in memory of the program's, which stays its own when they go.
#include <sys/mman.h>
#include <unistd.h>

#include <thread>
#include <vector>

#include "surface_fixture.h"
#include "viewer.h"

namespace hvfb {
namespace {

// Memory of the program's, which looks at all that it gave until the test ends.
struct PlaceTest : SurfaceTest {
    std::vector<std::pair<std::uint32_t*, std::size_t>> given;
    bool none = false;
    std::size_t beside = 0;

    ~PlaceTest() override {
        hvfb_surface_close(surface);
        surface = nullptr;
        for (const auto& [address, size] : given) munmap(address, size);
    }

    static void* give(void* test, std::size_t size) {
        auto& self = *static_cast<PlaceTest*>(test);
        if (self.none) return nullptr;
        void* address = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        EXPECT_NE(address, MAP_FAILED);
        self.given.emplace_back(static_cast<std::uint32_t*>(address), size);
        // The thread that forks waits for nobody who waits for this function.
        std::thread([] { EXPECT_TRUE(child_succeeds([] { return true; })); }).join();
        return static_cast<std::byte*>(address) + self.beside;
    }

    hvfb_open_options options() {
        hvfb_open_options made = {};
        made.size = sizeof made;
        made.place = give;
        made.place_context = this;
        return made;
    }

    int open() {
        const hvfb_open_options wanted = options();
        const int result = open_surface(&surface, &wanted, ScriptedDaemon::connect);
        if (result == 0) daemon.begin();
        return result;
    }

    // Who still looks at it may read what was drawn, and store.
    static void expect_private(std::uint32_t* memory, std::uint32_t pixel) {
        EXPECT_EQ(memory[5], pixel);
        memory[5] = pixel + 1;
        EXPECT_EQ(memory[5], pixel + 1);
        EXPECT_TRUE(child_succeeds([&] {
            memory[6] = 1;
            return memory[5] == pixel + 1;
        }));
    }

    void offer(std::uint64_t serial, const Layout& layout) {
        const Descriptor buffer = ScriptedDaemon::make_buffer(layout);
        daemon.send_configure(serial, layout, buffer.get());
        ASSERT_TRUE(told(HVFB_EVENT_CONFIGURE));
    }
};

TEST_F(PlaceTest, pixels_are_where_the_program_wants_them_and_its_own_after_close) {
    ASSERT_EQ(open(), 0);
    ASSERT_EQ(given.size(), 1u);
    EXPECT_EQ(pixels(), given[0].first);
    pixels()[5] = 7;
    EXPECT_TRUE(daemon.collect().holds(0));
    const auto* const shadow = reinterpret_cast<const std::uint32_t*>(daemon.shadow());
    EXPECT_EQ(shadow[5], 7u);
    hvfb_surface_close(surface);
    surface = nullptr;
    expect_private(given[0].first, 7);
    EXPECT_EQ(shadow[5], 7u) << "what is stored after it was closed is nobody's to see";
}

TEST_F(PlaceTest, a_new_mode_asks_for_a_place_and_leaves_the_old_one) {
    ASSERT_EQ(open(), 0);
    pixels()[5] = 7;
    offer(1, ScriptedDaemon::layout_of(800, 600));
    none = true;
    EXPECT_EQ(hvfb_surface_configure(surface), -ENOMEM);
    EXPECT_EQ(pixels(), given[0].first) << "all is as before";
    none = false;
    ASSERT_EQ(hvfb_surface_configure(surface), 0);
    ASSERT_EQ(given.size(), 2u);
    EXPECT_EQ(pixels(), given[1].first);
    EXPECT_EQ(pixels()[5], 7u);
    expect_private(given[0].first, 7);
    EXPECT_EQ(pixels()[5], 7u);
}

TEST_F(PlaceTest, opened_again_it_stays_where_it_is_or_asks_for_another_place) {
    ASSERT_EQ(open(), 0);
    pixels()[5] = 7;
    daemon.hang_up();
    ASSERT_TRUE(told(HVFB_EVENT_LOST));
    ASSERT_EQ(hvfb_surface_reconnect(surface), 0);
    EXPECT_EQ(given.size(), 1u);
    EXPECT_EQ(pixels(), given[0].first);
    EXPECT_EQ(pixels()[5], 7u);
    daemon.hang_up();
    ASSERT_TRUE(told(HVFB_EVENT_LOST));
    daemon.layout = ScriptedDaemon::layout_of(320, 200);
    ASSERT_EQ(hvfb_surface_reconnect(surface), 1);
    ASSERT_EQ(given.size(), 2u);
    EXPECT_EQ(pixels(), given[1].first);
    expect_private(given[0].first, 7);
}

TEST_F(PlaceTest, a_child_that_closes_it_keeps_the_picture) {
    ASSERT_EQ(open(), 0);
    pixels()[5] = 7;
    EXPECT_TRUE(child_succeeds([&] {
        hvfb_surface_close(surface);
        return given[0].first[5] == 7;
    }));
    EXPECT_EQ(pixels()[5], 7u);
}

TEST_F(PlaceTest, none_or_one_in_the_middle_of_a_page_is_an_error_and_stays_the_programs) {
    none = true;
    EXPECT_EQ(open(), -ENOMEM);
    none = false;
    beside = 64;
    EXPECT_EQ(open(), -EINVAL);
    ASSERT_EQ(given.size(), 1u);
    expect_private(given[0].first, 0);
}

TEST_F(PlaceTest, a_viewers_picture_is_where_the_program_wants_it_and_its_own_after_the_next_mode_and_close) {
    const hvfb_open_options wanted = options();
    hvfb_viewer* viewer = nullptr;
    ASSERT_EQ(open_viewer(&viewer, &wanted, ScriptedDaemon::connect), 0);
    daemon.send(HVFB_HELLO, hvfb_hello{{}, 1, 0});
    ASSERT_EQ(given.size(), 1u);
    EXPECT_EQ(hvfb_viewer_pixels(viewer), given[0].first);
    const Layout layout = ScriptedDaemon::layout_of(800, 600);
    const Descriptor buffer = ScriptedDaemon::make_buffer(layout);
    daemon.send_configure(1, layout, buffer.get());
    const hvfb_rectangle whole = {0, 0, 800, 600};
    daemon.send(HVFB_FRAME_READY, hvfb_frame_ready{{}, 1, 5, 1, 0}, &whole, sizeof whole);
    ASSERT_EQ(hvfb_viewer_wait(viewer, 5'000'000, nullptr), 1);
    ASSERT_EQ(given.size(), 2u);
    EXPECT_EQ(hvfb_viewer_pixels(viewer), given[1].first);
    expect_private(given[0].first, 0);
    const auto show = [&](std::uint32_t pixel) {
        ASSERT_EQ(pwrite(buffer.get(), &pixel, sizeof pixel, 5 * sizeof pixel), ssize_t{sizeof pixel});
    };
    show(9);
    EXPECT_EQ(given[1].first[5], 9u);
    hvfb_viewer_close(viewer);
    show(11);
    expect_private(given[1].first, 9);
}

}  // namespace
}  // namespace hvfb
