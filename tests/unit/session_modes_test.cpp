// Which picture sizes a session takes, and which of them it shows.
#include "session_fixture.h"

namespace hvfbd::hyperv {
namespace {

TEST_F(ASession, takes_only_modes_that_fit_the_video_memory_whatever_the_host_lists) {
    open();
    says();
    hear(synthvid::VersionResponse{synthvid::version_3_5, true});
    says();
    hear(list({{65535, 65535}, {0, 0}, {1920, 1080}, {320, 200}, {1920, 1080}, {3840, 2160}}));
    EXPECT_EQ(std::vector<Mode>(session.modes().begin(), session.modes().end()),
              (std::vector<Mode>{{1920, 1080}}));
    says();
    hear(synthvid::VramLocationAck{address});
    EXPECT_EQ(session.mode(), (Mode{1024, 768})) << "the preferred one does not fit";
    EXPECT_FALSE(session.set_mode({3840, 2160}));
    EXPECT_FALSE(session.set_mode({639, 480}));
    EXPECT_TRUE(session.set_mode({1600, 1200}));
}

TEST_F(ASession, says_which_mode_it_does_not_show_because_it_does_not_fit_the_video_memory) {
    session = Session({.mode = Mode{3840, 2160}, .before = {}});
    connect();
    EXPECT_EQ(session.mode(), (Mode{1024, 768}));
    EXPECT_EQ(session.unfit_mode(), (Mode{3840, 2160}));
    auto saved = session.save();
    ASSERT_TRUE(session.set_mode({800, 600}));
    EXPECT_FALSE(session.unfit_mode());

    Session next{Session::Options{}};
    ASSERT_TRUE(next.restore(*saved, size, now));
    EXPECT_FALSE(next.unfit_mode());
    next.wish(Mode{2560, 1440});
    EXPECT_EQ(next.unfit_mode(), (Mode{2560, 1440}));
    next.wish(std::nullopt);
    EXPECT_FALSE(next.unfit_mode());
}

TEST_F(ASession, keeps_the_administrators_mode_when_it_connects_again) {
    connect();
    ASSERT_TRUE(session.set_mode({800, 600}));
    session.closed(now);
    connect();
    EXPECT_EQ(session.mode(), (Mode{800, 600}));
}

TEST_F(ASession, says_the_size_that_was_set_last_though_another_was_about_to_be_said) {
    connect();
    session.set_mode({800, 600});
    ASSERT_TRUE(session.next_message());  // but the ring is full
    session.set_mode({1280, 1024});
    EXPECT_EQ(says(), std::vector{situation});
    EXPECT_EQ(last_word(16 + 8 + 2 + 4 + 1), 1280u);
}

TEST_F(ASession, takes_each_mode_from_640x480_to_16384x16384_that_fits_the_video_memory_to_the_byte) {
    constexpr std::uint64_t large = std::uint64_t{1} << 31;
    const struct {
        Mode mode;
        std::uint64_t memory;
        bool fits;
    } cases[] = {
        {{640, 480}, large, true},
        {{639, 480}, large, false},
        {{640, 479}, large, false},
        {{16384, 480}, large, true},
        {{16385, 480}, large, false},
        {{640, 16384}, large, true},
        {{640, 16385}, large, false},
        {{16384, 16384}, std::uint64_t{16384} * 16384 * 4, true},
        {{16384, 16384}, std::uint64_t{16384} * 16384 * 4 - 1, false},
        {{1024, 768}, 1024 * 768 * 4, true},
        {{1024, 768}, 1024 * 768 * 4 - 1, false},
        {{65536, 65536}, large, false},
    };
    for (const auto& [mode, memory, fits] : cases) {
        session = Session(Session::Options{});
        session.opened(address, memory, now);
        EXPECT_EQ(session.set_mode(mode), fits) << mode.width << "x" << mode.height << " in " << memory;
        EXPECT_EQ(session.mode(), fits ? mode : (Mode{1024, 768}));
    }
    session = Session(Session::Options{});
    EXPECT_TRUE(session.set_mode({2048, 1024})) << "8 MiB until a device says otherwise";
    EXPECT_FALSE(session.set_mode({2048, 1025}));
}

TEST_F(ASession, shows_the_wished_mode_or_the_preferred_or_the_last_or_the_first_of_the_list) {
    constexpr std::uint64_t least = 640 * 480 * 4, four = 4 << 20;
    const struct {
        const char* why;
        std::optional<Mode> wished, before;
        std::vector<Mode> listed;
        std::size_t preferred;
        std::uint64_t memory;
        Mode shown;
    } cases[] = {
        {"the wished one", Mode{800, 600}, Mode{640, 480}, {{1024, 768}}, 0, four, {800, 600}},
        {"the wished one does not fit", Mode{1920, 1080}, {}, {{800, 600}}, 0, four, {800, 600}},
        {"the preferred one", {}, Mode{800, 600}, {{640, 480}, {1024, 768}}, 1, four, {1024, 768}},
        {"the preferred one does not fit", {}, Mode{800, 600}, {{1920, 1080}}, 0, four, {800, 600}},
        {"none is preferred", {}, Mode{800, 600}, {{1024, 768}}, 1, four, {800, 600}},
        {"the last one does not fit", {}, Mode{1920, 1080}, {{1920, 1080}, {800, 600}}, 2, four, {800, 600}},
        {"none is listed", {}, Mode{1920, 1080}, {}, 0, four, {1024, 768}},
        {"nothing but the least fits", {}, Mode{1920, 1080}, {}, 0, least, {640, 480}},
    };
    for (const auto& one : cases) {
        session = Session({.mode = one.wished, .before = one.before});
        session.opened(address, one.memory, now);
        says();
        hear(synthvid::VersionResponse{synthvid::version_3_5, true});
        says();
        hear(list(one.listed, one.preferred));
        says();
        hear(synthvid::VramLocationAck{address});
        ASSERT_TRUE(session.active());
        EXPECT_EQ(session.mode(), one.shown) << one.why;
        bool fits = !one.wished || *one.wished == one.shown;
        EXPECT_EQ(session.unfit_mode(), fits ? std::nullopt : one.wished) << one.why;
    }
}

TEST_F(ASession, lists_the_preferred_mode_first_and_none_where_a_full_list_names_none) {
    open();
    says();
    hear(synthvid::VersionResponse{synthvid::version_3_5, true});
    says();
    hear(list({{800, 600}, {640, 480}, {1024, 768}}, 2));
    EXPECT_EQ(std::vector<Mode>(session.modes().begin(), session.modes().end()),
              (std::vector<Mode>{{1024, 768}, {800, 600}, {640, 480}}));

    session.closed(now);
    open();
    says();
    hear(synthvid::VersionResponse{synthvid::version_3_5, true});
    says();
    std::vector<Mode> full;
    for (std::uint32_t i = 0; i < synthvid::most_resolutions; ++i) full.push_back({640 + i, 480});
    hear(list(full, full.size()));
    EXPECT_EQ(std::vector<Mode>(session.modes().begin(), session.modes().end()), full);
}

TEST_F(ASession, says_a_mode_that_is_set_during_the_handshake_at_its_end) {
    open();
    EXPECT_TRUE(session.set_mode({800, 600}));
    EXPECT_EQ(session.mode(), (Mode{800, 600}));
    EXPECT_FALSE(session.take_repaint());
    EXPECT_EQ(says(), std::vector{version});
    hear(synthvid::VersionResponse{synthvid::version_3_5, true});
    says();
    hear(list({{1024, 768}}));
    says();
    hear(synthvid::VramLocationAck{address});
    EXPECT_EQ(says(), (std::vector{position, shape, situation}));
    EXPECT_EQ(last_word(16 + 8 + 2 + 4 + 1), 800u);
}

TEST_F(ASession, needs_the_whole_picture_again_in_each_mode_that_is_set) {
    connect();
    EXPECT_FALSE(session.take_repaint());
    ASSERT_TRUE(session.set_mode({800, 600}));
    EXPECT_TRUE(session.take_repaint());
    EXPECT_FALSE(session.set_mode({3840, 2160}));
    EXPECT_FALSE(session.take_repaint());
}

}  // namespace
}  // namespace hvfbd::hyperv
