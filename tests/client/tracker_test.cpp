#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tracker_fixture.h"

namespace hvfb {
namespace {

TEST_F(TrackerTest, says_in_hello_how_it_can_track) {
    open();
    EXPECT_EQ(daemon.hello_flags,
              HVFB_HELLO_CAN_ANNOUNCE | HVFB_HELLO_CAN_SCAN | HVFB_HELLO_CAN_REPORT | HVFB_HELLO_CAN_ALARM);
    EXPECT_STREQ(hvfb_surface_tracking(surface), "resting+scanning");
}

TEST_F(TrackerTest, can_be_told_to_be_as_on_an_older_kernel) {
    struct Case {
        const char *features, *name;
        std::uint32_t flags;
    };
    for (const Case& one :
         {Case{"no-scan", "resting", HVFB_HELLO_CAN_ANNOUNCE | HVFB_HELLO_CAN_REPORT | HVFB_HELLO_CAN_ALARM},
          Case{"no-announce", "scanning", HVFB_HELLO_CAN_SCAN | HVFB_HELLO_CAN_REPORT},
          Case{"no-announce,no-scan", "polled", 0}}) {
        open(one.features);
        EXPECT_EQ(daemon.hello_flags, one.flags);
        EXPECT_STREQ(hvfb_surface_tracking(surface), one.name);
        hvfb_surface_close(surface);
        surface = nullptr;
    }
}

TEST_F(TrackerTest, announces_the_first_store_after_rest_and_reports_its_page) {
    open();
    daemon.begin();
    store(100);
    const auto damaged = daemon.receive();
    ASSERT_TRUE(damaged && damaged->type() == HVFB_DAMAGED);
    EXPECT_EQ(damaged->as<hvfb_damaged>().kind, HVFB_DAMAGED_PAGES);
    store(101);
    store(200);
    auto written = daemon.collect();
    EXPECT_TRUE(written.holds(100) && written.holds(200));
    EXPECT_FALSE(written.everything());
    while (written.unprotected()) written = daemon.collect();
    EXPECT_EQ(written.state(), HVFB_TRACKER_RESTING);
    EXPECT_FALSE(daemon.receive(0)) << "one announcement is enough";
    store(100, 2);
    EXPECT_TRUE(daemon.next(HVFB_DAMAGED)) << "it was protected again";
}

TEST_F(TrackerTest, reports_nothing_when_nothing_was_stored) {
    open();
    daemon.begin();
    const auto written = daemon.collect();
    EXPECT_TRUE(written.pages.empty() && !written.everything() && !written.unprotected());
}

TEST_F(TrackerTest, answers_every_collection_once_whatever_its_state) {
    for (const char* features : {"", "no-scan", "no-announce", "no-announce,no-scan"}) {
        open(features);
        EXPECT_EQ(daemon.collect().state(), HVFB_TRACKER_OFF);
        for (std::uint32_t tracking = 0; tracking <= 4; ++tracking) {
            daemon.send_state(tracking);
            EXPECT_TRUE(daemon.collect().everything());
            store(tracking, 3);
            EXPECT_TRUE(daemon.collect().holds(tracking)) << features << tracking;
        }
        EXPECT_FALSE(daemon.next(HVFB_WRITTEN, 0));
        hvfb_surface_close(surface);
        surface = nullptr;
    }
}

TEST_F(TrackerTest, lets_a_system_call_store_while_it_rests) {
    open();
    daemon.begin();
    const Descriptor zero(::open("/dev/zero", O_RDONLY | O_CLOEXEC));
    store(150, 7);
    auto written = daemon.collect();
    while (written.unprotected()) written = daemon.collect();
    ASSERT_EQ(read(zero.get(), pixels() + 150 * 1024, 5 * 4096), 5 * 4096);
    EXPECT_EQ(pixels()[150 * 1024], 0u);
    EXPECT_TRUE(daemon.next(HVFB_DAMAGED));
    written = daemon.collect();
    EXPECT_TRUE(written.holds(150) && written.holds(154));
}

// What a program without rights gets: no announcements, and no EFAULT either.
TEST_F(TrackerTest, scans_without_the_right_to_serve_system_calls_and_they_store_all_the_same) {
    const pid_t pid = fork();
    if (pid == 0) {
        constexpr uid_t nobody = 65534;
        bool good = setuid(nobody) == 0 && prctl(PR_SET_DUMPABLE, 1) == 0;
        open();
        good = good && daemon.hello_flags ==
                           (HVFB_HELLO_CAN_SCAN | HVFB_HELLO_CAN_REPORT | HVFB_HELLO_WANTS_USERFAULTFD);
        daemon.begin();
        const Descriptor zero(::open("/dev/zero", O_RDONLY | O_CLOEXEC));
        good = good && read(zero.get(), pixels() + 150 * 1024, 5 * 4096) == 5 * 4096;
        store(3);
        const auto written = daemon.collect();
        good = good && written.holds(3) && written.holds(150) && written.holds(154);
        _exit(good && !HasFailure() ? 0 : 1);
    }
    int status = 0;
    EXPECT_EQ(waitpid(pid, &status, 0), pid);
    EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace hvfb
