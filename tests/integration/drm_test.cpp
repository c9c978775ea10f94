// The drm output on a computer of the tests' own: what its screens show is what the client drew, whatever
// happens to the card, its screens and its master.

#include "drm_fixture.h"
#include "random_words.h"
#include "rounds.h"

namespace hvfbd::testing {
namespace {

using namespace std::chrono_literals;
using drm::DrmOutput;

TEST_P(AScreen, shows_what_is_drawn_and_only_what_is_submitted_reaches_it) {
    start();
    open();
    hvfbd::testing::RandomWords random(1);
    for (int i = 0; i < 50; ++i)
        ASSERT_TRUE(shows(random() % 640, random() % 480, random() % 0xffffff + 1)) << i;
    EXPECT_EQ(kms.torn, 0u);
    EXPECT_EQ(output->submission(), GetParam() == Driver::dirty  ? DrmOutput::Submission::dirty
                                    : GetParam() == Driver::flip ? DrmOutput::Submission::flip
                                                                 : DrmOutput::Submission::direct);
    if (GetParam() == Driver::flip) {
        EXPECT_GE(kms.flipped, 50u);
    }
    EXPECT_TRUE(dispatch_until(
        [&] { return observer.said("showing on Virtual-1 of fake, /dev/dri/card0, 640x480"); }));
}

TEST_P(AScreen, loses_nothing_that_is_drawn_while_a_flip_is_pending) {
    start();
    open();
    ASSERT_TRUE(shows(0, 0, 1));
    for (std::uint32_t round = 0; round < 20; ++round) {
        // No vertical blank for as long as this is drawn, frame by frame.
        for (std::uint32_t i = 0; i < 5; ++i) {
            std::uint32_t at = round * 5 + i + 1;
            draw(at, at, at);
            ASSERT_TRUE(dispatch_until([&] { return front(at, at) == at; }));
        }
        ASSERT_TRUE(becomes(round * 5 + 5, round * 5 + 5, round * 5 + 5));
    }
    for (std::uint32_t at = 1; at <= 100; ++at) EXPECT_EQ(screen(at, at), at);
    EXPECT_EQ(kms.torn, 0u);
    if (GetParam() == Driver::flip) {
        EXPECT_GT(display->statistics().refused, 0u);
    }
}

TEST_P(AScreen, leaves_the_console_as_it_was) {
    ASSERT_TRUE(kms.shows_console());
    start();
    open();
    ASSERT_TRUE(shows(3, 3, 3));
    EXPECT_FALSE(kms.shows_console());
    display->finish(loop.now());
    stop();
    EXPECT_TRUE(kms.console_at_close);
    EXPECT_TRUE(kms.shows_console());
    EXPECT_EQ(kms.master, nullptr);
}

TEST_P(AScreen, changes_its_mode_and_refuses_what_it_has_not) {
    start();
    open();
    ASSERT_TRUE(shows(1, 1, 1));
    display->set_mode(svga, loop.now());
    EXPECT_EQ(output->layout().width, 800u);
    display->update(loop.now());
    EXPECT_TRUE(becomes(1, 1, 1));
    EXPECT_THROW(display->set_mode({1234, 567}, loop.now()), RequestError);
    EXPECT_EQ(output->layout().width, 800u);
    display->set_mode(vga, loop.now());
    display->update(loop.now());
    EXPECT_TRUE(shows(2, 2, 2));
}

TEST_P(AScreen, that_has_no_memory_for_a_mode_keeps_the_one_it_has) {
    start();
    open();
    ASSERT_TRUE(shows(1, 1, 1));
    kms.most_buffers = kms.framebuffers.size() - 1;
    EXPECT_THROW(display->set_mode(svga, loop.now()), RequestError);
    EXPECT_EQ(output->layout().width, 640u);
    EXPECT_TRUE(shows(2, 2, 2));
}

TEST_P(AScreen, that_does_not_take_a_mode_goes_back_to_the_one_it_had) {
    start();
    open();
    ASSERT_TRUE(shows(1, 1, 1));
    kms.refuse_modes = true;
    EXPECT_THROW(display->set_mode(svga, loop.now()), RequestError);
    kms.refuse_modes = false;
    display->update(loop.now());
    EXPECT_TRUE(shows(2, 2, 2));
    EXPECT_EQ(output->layout().width, 640u);
}

TEST_P(AScreen, sleeps_and_wakes_and_shows_all_of_it) {
    start();
    open();
    ASSERT_TRUE(shows(1, 1, 1));
    display->suspend(loop.now());
    EXPECT_FALSE(output->visible());
    display->update(loop.now());
    draw(2, 2, 2);
    display->resume(loop.now());
    display->update(loop.now());
    EXPECT_TRUE(becomes(2, 2, 2));
}

TEST_P(AScreen, beside_others_shows_the_same_on_all_that_take_the_mode) {
    kms.add_connector("Virtual-2", {drm_mode(640, 480, true)});
    kms.add_connector("Virtual-3", {drm_mode(1920, 1080, true)});
    start();
    open();
    ASSERT_TRUE(shows(9, 9, 9));
    EXPECT_TRUE(kms.screen_equals(display->front(), 1));
    EXPECT_FALSE(kms.lit(2));
    // Two that are not in step are not flipped.
    EXPECT_NE(output->submission(), DrmOutput::Submission::flip);
    kms.connector(0).connected = false;
    kms.announce();
    ASSERT_TRUE(dispatch_until([&] { return observer.said("showing on Virtual-2 of"); }));
    draw(10, 10, 10);
    ASSERT_TRUE(dispatch_until([&] {
        kms.vertical_blank();
        return screen(10, 10, 1) == 10;
    }));
    EXPECT_TRUE(kms.screen_equals(display->front(), 1));
}

TEST_P(AScreen, alone_is_taken_by_name) {
    kms.add_connector("Virtual-2", {drm_mode(800, 600, true)});
    start({"Virtual-2", std::nullopt});
    EXPECT_EQ(output->layout().width, 800u);
    EXPECT_TRUE(observer.lines.empty());
    EXPECT_TRUE(dispatch_until([&] { return observer.said("showing on Virtual-2 of"); }));
}

TEST_P(AScreen, at_rest_causes_no_dispatches) {
    start();
    open();
    ASSERT_TRUE(shows(1, 1, 1));
    dispatch_until(
        [&] {
            kms.vertical_blank();
            return false;
        },
        50ms);
    auto dispatches = loop.dispatches();
    EXPECT_FALSE(loop.run_once(200ms));
    EXPECT_EQ(loop.dispatches(), dispatches);
}

TEST_P(AScreen, shows_at_every_quiescence_what_was_drawn_whatever_happened_meanwhile) {
    start();
    open();
    hvfbd::testing::RandomWords random(7);
    for (std::uint32_t i = 1; i <= rounds(300); ++i) {
        std::uint32_t x = random() % 640, y = random() % 480;
        draw(x, y, i);
        switch (random() % 12) {
            case 0:
                kms.seize(true);
                kms.announce();
                loop.run_once(0s);
                kms.seize(false);
                kms.announce();
                break;
            case 1:
                kms.unplug();
                loop.run_once(0s);
                kms.plug();
                break;
            case 2:
                kms.connector().connected = false;
                kms.announce();
                loop.run_once(0s);
                kms.connector().connected = true;
                kms.announce();
                break;
            case 3:
                if (output->visible()) display->set_mode(random() % 2 ? vga : svga, loop.now());
                break;
            case 4:
                kms.vertical_blank();
                break;
            default:
                loop.run_once(0s);
                break;
        }
        if (i % 10 == 0) {
            ASSERT_TRUE(becomes(x, y, i)) << i;
        }
    }
    EXPECT_EQ(kms.torn, 0u);
}

TEST_P(AScreen, whose_link_has_failed_has_its_mode_set_anew_and_all_of_it_presented) {
    start();
    open();
    ASSERT_TRUE(shows(1, 1, 1));
    auto opened = kms.opened;
    kms.connector().link_bad = true;
    kms.announce();
    ASSERT_TRUE(dispatch_until([&] { return !kms.connector().link_bad; }));
    EXPECT_TRUE(shows(2, 2, 2));
    EXPECT_TRUE(observer.said("the link to Virtual-1 had failed"));
    // One that stays bad is tried once each time that something happens, and shown on all the same.
    kms.connector().link_bad = true;
    kms.refused_connectors.insert(kms.connector().id);
    kms.announce();
    ASSERT_TRUE(dispatch_until([&] { return observer.said("cannot be trained anew") == 1; }));
    EXPECT_TRUE(shows(3, 3, 3));
    EXPECT_EQ(observer.said("cannot be trained anew"), 1u);
    EXPECT_EQ(kms.opened, opened);
}

TEST_P(AScreen, that_cannot_be_lit_leaves_another_one_of_its_display_alone) {
    start();
    open();
    ASSERT_TRUE(shows(1, 1, 1));
    kms.add_connector("Virtual-2", {drm_mode(640, 480, true)});
    kms.refused_connectors.insert(kms.connector(1).id);
    kms.announce();
    ASSERT_TRUE(dispatch_until([&] { return observer.said("not on Virtual-2: set a fake mode"); }));
    EXPECT_TRUE(display->visible());
    EXPECT_TRUE(shows(2, 2, 2));
    auto opened = kms.opened;
    kms.announce();
    EXPECT_TRUE(shows(3, 3, 3));
    EXPECT_EQ(kms.opened, opened);
    EXPECT_EQ(observer.said("not on Virtual-2"), 1u);
}

INSTANTIATE_TEST_SUITE_P(OfADriver, AScreen, ::testing::Values(Driver::dirty, Driver::flip, Driver::direct),
                         [](const auto& kind) {
                             return kind.param == Driver::dirty  ? "that_is_told"
                                    : kind.param == Driver::flip ? "that_flips"
                                                                 : "that_scans_out";
                         });

}  // namespace
}  // namespace hvfbd::testing
