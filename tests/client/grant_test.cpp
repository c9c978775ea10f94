// A program that may not make a userfaultfd that rests, and a daemon that gives it one.
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <functional>
#include <string>
#include <thread>

#include "tracker_fixture.h"

namespace hvfb {
namespace {

constexpr std::uint32_t can_scan = HVFB_HELLO_CAN_SCAN | HVFB_HELLO_CAN_REPORT;
constexpr std::uint32_t can_all = can_scan | HVFB_HELLO_CAN_ANNOUNCE | HVFB_HELLO_CAN_ALARM;

struct Granted : TrackerTest {
    // As the daemon opens it.
    const Descriptor device{::open("/dev/userfaultfd", O_RDWR | O_CLOEXEC)};

    // Runs the test in a process of a user without rights, as which it is red where this is.
    void as_nobody(const std::function<void()>& test) {
        ASSERT_TRUE(device) << "the test needs root, and Linux 6.1";
        const pid_t pid = fork();
        if (pid == 0) {
            constexpr uid_t nobody = 65534;
            // Not dumpable it could not open its own pagemap.
            EXPECT_TRUE(setuid(nobody) == 0 && prctl(PR_SET_DUMPABLE, 1) == 0);
            test();
            hvfb_surface_close(surface);
            _exit(HasFailure() ? 1 : 0);
        }
        int status = 0;
        EXPECT_EQ(waitpid(pid, &status, 0), pid);
        EXPECT_EQ(status, 0);
    }
    void give(int fd) { daemon.send(HVFB_USERFAULTFD, hvfb_userfaultfd{}, nullptr, 0, fd); }
    void give() { give(device.get()); }
    // What it says that it can do now; 0: it says nothing.
    std::uint32_t capabilities(int milliseconds = 5000) {
        const auto said = daemon.next(HVFB_CAPABILITIES, milliseconds);
        return said ? said->as<hvfb_capabilities>().flags : 0;
    }
    // Collects until it rests.
    void let_rest() {
        auto written = daemon.collect();
        while (written.unprotected()) written = daemon.collect();
        EXPECT_EQ(written.state(), HVFB_TRACKER_RESTING);
        while (daemon.receive(0)) continue;
    }
    void expect_rest_and_an_announcement() {
        let_rest();
        store(100, 5);
        EXPECT_TRUE(daemon.next(HVFB_DAMAGED));
        EXPECT_TRUE(daemon.collect().holds(100));
        let_rest();
        // The kernel's own faults are served as well.
        const Descriptor zero(::open("/dev/zero", O_RDONLY | O_CLOEXEC));
        EXPECT_EQ(read(zero.get(), pixels() + 150 * 1024, 5 * 4096), 5 * 4096);
        EXPECT_TRUE(daemon.next(HVFB_DAMAGED));
        EXPECT_TRUE(daemon.collect().holds(154));
    }
};

TEST_F(Granted, says_what_it_can_do_then_and_rests_from_then_on) {
    as_nobody([this] {
        open();
        EXPECT_EQ(daemon.hello_flags, can_scan | HVFB_HELLO_WANTS_USERFAULTFD);
        EXPECT_STREQ(hvfb_surface_tracking(surface), "scanning");
        daemon.begin();
        store(7, 7);
        give();
        EXPECT_EQ(capabilities(), can_all);
        EXPECT_STREQ(hvfb_surface_tracking(surface), "resting+scanning");
        EXPECT_TRUE(daemon.next(HVFB_DAMAGED));
        EXPECT_TRUE(daemon.collect().everything()) << "between the two nothing was watched";
        expect_rest_and_an_announcement();
    });
}

TEST_F(Granted, before_it_knows_whether_it_is_shown_protects_nothing_until_then) {
    as_nobody([this] {
        open();
        give();
        EXPECT_EQ(capabilities(), can_all);
        store(1, 1);
        EXPECT_FALSE(daemon.receive(0));
        daemon.begin();
        expect_rest_and_an_announcement();
    });
}

// As in a container whose filter of system calls forbids userfaultfd(2).
TEST_F(Granted, rests_and_scans_where_userfaultfd_2_is_forbidden) {
    as_nobody([this] {
        std::array<sock_filter, 4> filter = {{{BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
                                              {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, SYS_userfaultfd},
                                              {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | EPERM},
                                              {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}}};
        const sock_fprog program = {.len = filter.size(), .filter = filter.data()};
        ASSERT_EQ(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
        ASSERT_EQ(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
        open();
        EXPECT_EQ(daemon.hello_flags, HVFB_HELLO_WANTS_USERFAULTFD);
        EXPECT_STREQ(hvfb_surface_tracking(surface), "polled");
        daemon.begin();
        give();
        EXPECT_EQ(capabilities(), can_all);
        EXPECT_STREQ(hvfb_surface_tracking(surface), "resting+scanning");
        EXPECT_TRUE(daemon.next(HVFB_DAMAGED));
        EXPECT_TRUE(daemon.collect().everything());
        expect_rest_and_an_announcement();
    });
}

TEST_F(Granted, anything_but_the_device_goes_on_as_before) {
    as_nobody([this] {
        open();
        daemon.begin();
        std::vector<Descriptor> others;
        for (const char* path : {"/dev/null", "/dev/zero", "/proc/self/stat", "/", "/dev/fuse"}) {
            Descriptor other(::open(path, O_RDONLY | O_CLOEXEC));
            if (other) others.push_back(std::move(other));
        }
        others.emplace_back(eventfd(0, EFD_CLOEXEC));
        others.emplace_back(memfd_create("none", MFD_CLOEXEC));
        others.emplace_back(dup(daemon.channel()));
        others.emplace_back(::open("/dev/userfaultfd", O_PATH | O_CLOEXEC));
        for (const Descriptor& other : others) give(other.get());
        store(3, 3);
        EXPECT_TRUE(daemon.collect().holds(3));
        EXPECT_EQ(capabilities(0), 0u);
        EXPECT_STREQ(hvfb_surface_tracking(surface), "scanning");
        for (int standard = 0; standard < 3; ++standard) EXPECT_GE(fcntl(standard, F_GETFD), 0);
        // The right one may come later.
        give();
        EXPECT_EQ(capabilities(), can_all);
    });
}

TEST_F(Granted, at_its_limit_of_descriptors_goes_on_as_before) {
    as_nobody([this] {
        open();
        daemon.begin();
        const int next = fcntl(0, F_DUPFD_CLOEXEC, 0);
        close(next);
        rlimit before = {};
        getrlimit(RLIMIT_NOFILE, &before);
        // None for the message; one, which the device takes, and none for what is made from it.
        for (const int more : {0, 1}) {
            rlimit few = before;
            few.rlim_cur = static_cast<rlim_t>(next + more);
            ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
            give();
            store(3, 3);
            EXPECT_TRUE(daemon.collect().holds(3));
            EXPECT_EQ(capabilities(0), 0u);
            EXPECT_STREQ(hvfb_surface_tracking(surface), "scanning");
        }
        ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
        give();
        EXPECT_EQ(capabilities(), can_all);
    });
}

TEST_F(Granted, says_it_again_to_a_process_of_the_daemon_that_may_not_know_it) {
    as_nobody([this] {
        open();
        daemon.begin();
        daemon.send(HVFB_HELLO, hvfb_hello{{}, HVFB_PROTOCOL_VERSION, 0});
        daemon.collect();
        EXPECT_EQ(capabilities(0), 0u) << "its HELLO says it all";
        give();
        EXPECT_EQ(capabilities(), can_all);
        daemon.send(HVFB_HELLO, hvfb_hello{{}, HVFB_PROTOCOL_VERSION, 0});
        EXPECT_EQ(capabilities(), can_all);
        give();
        EXPECT_EQ(capabilities(), can_all);
        expect_rest_and_an_announcement();
    });
}

TEST_F(Granted, says_so_before_anything_else_when_the_daemon_reads_again) {
    as_nobody([this] {
        open();
        daemon.begin();
        give();
        // A daemon that does not read for a while.
        std::size_t sent = 0;
        while (hvfb_surface_damage(surface, nullptr, 0) == 0 && ++sent < 10'000) continue;
        give();
        daemon.send(HVFB_COLLECT, hvfb_collect{{}, 2});
        std::vector<std::uint32_t> order;
        while (order.empty() || order.back() != HVFB_WRITTEN) {
            const auto packet = daemon.receive();
            ASSERT_TRUE(packet);
            if (packet->type() != HVFB_DAMAGED) order.push_back(packet->type());
        }
        ASSERT_GE(order.size(), 2u);
        EXPECT_EQ(order.front(), HVFB_CAPABILITIES);
    });
}

TEST_F(Granted, keeps_it_in_a_new_mode_and_on_another_channel) {
    as_nobody([this] {
        open();
        daemon.begin();
        give();
        EXPECT_EQ(capabilities(), can_all);
        const Layout layout = ScriptedDaemon::layout_of(800, 600);
        const Descriptor larger = ScriptedDaemon::make_buffer(layout);
        daemon.send_configure(1, layout, larger.get());
        ASSERT_TRUE(told(HVFB_EVENT_CONFIGURE));
        ASSERT_EQ(hvfb_surface_configure(surface), 0);
        while (daemon.receive(100)) continue;
        expect_rest_and_an_announcement();
        daemon.hang_up();
        ASSERT_TRUE(told(HVFB_EVENT_LOST));
        ASSERT_GE(hvfb_surface_reconnect(surface), 0);
        const auto hello = daemon.next(HVFB_HELLO);
        ASSERT_TRUE(hello);
        EXPECT_EQ(hello->as<hvfb_hello>().flags, can_all) << "it asks no more";
        daemon.begin();
        expect_rest_and_an_announcement();
    });
}

TEST_F(Granted, asks_again_on_another_channel_if_it_was_given_none) {
    as_nobody([this] {
        open();
        daemon.begin();
        daemon.hang_up();
        ASSERT_TRUE(told(HVFB_EVENT_LOST));
        ASSERT_GE(hvfb_surface_reconnect(surface), 0);
        const auto hello = daemon.next(HVFB_HELLO);
        ASSERT_TRUE(hello);
        EXPECT_EQ(hello->as<hvfb_hello>().flags, can_scan | HVFB_HELLO_WANTS_USERFAULTFD);
    });
}

TEST_F(Granted, reports_every_store_of_threads_that_draw_meanwhile) {
    as_nobody([this] {
        constexpr std::uint32_t pages = 200;
        open();
        daemon.begin();
        std::atomic<bool> end{false};
        std::array<std::atomic<std::uint32_t>, pages> stored = {};
        std::thread drawer([&] {
            for (std::uint32_t value = 1; !end.load(); ++value)
                for (std::uint32_t page = 0; page < pages; ++page) {
                    store(page, value);
                    stored.at(page) = value;
                }
        });
        // What the daemon has compared: the pages of each report as they are then.
        std::array<std::uint32_t, pages> seen = {};
        const auto collect_once = [&] {
            const auto written = daemon.collect();
            for (std::uint32_t page = 0; page < pages; ++page)
                if (written.holds(page))
                    std::memcpy(&seen.at(page), daemon.shadow() + page * 4096, sizeof seen.at(page));
            return written.unprotected() || written.everything();
        };
        for (int i = 0; i < 5; ++i) collect_once();
        give();
        for (int i = 0; i < 5; ++i) collect_once();
        end = true;
        drawer.join();
        while (collect_once()) continue;
        for (std::uint32_t page = 0; page < pages; ++page) EXPECT_EQ(seen.at(page), stored.at(page).load());
    });
}

// Nor is what has failed once tried again: the program may have closed the descriptors with reason.
TEST_F(Granted, to_a_program_that_has_closed_what_it_had_changes_nothing) {
    as_nobody([this] {
        open();
        daemon.begin();
        give();
        EXPECT_EQ(capabilities(), can_all);
        let_rest();
        for (int fd = 0; fd < 1024; ++fd) {
            std::array<char, 64> name = {};
            const std::string path = "/proc/self/fd/" + std::to_string(fd);
            if (readlink(path.c_str(), name.data(), name.size() - 1) > 0 &&
                std::strstr(name.data(), "[userfaultfd]"))
                // That another thread uses it meanwhile is what is tested: not for a sanitizer to see.
                syscall(SYS_close, fd);
        }
        store(100, 5);
        // What it answers first may have been found out before the descriptors were gone.
        auto written = daemon.collect();
        bool holds = written.holds(100);
        for (int frame = 0; written.state() != HVFB_TRACKER_POLLED && frame < 50; ++frame) {
            usleep(20'000);
            written = daemon.collect();
            holds = holds || written.holds(100);
        }
        EXPECT_EQ(written.state(), HVFB_TRACKER_POLLED);
        EXPECT_TRUE(holds);
        give();
        daemon.next(HVFB_CAPABILITIES, 200);
        EXPECT_EQ(daemon.collect().state(), HVFB_TRACKER_POLLED);
        EXPECT_STREQ(hvfb_surface_tracking(surface), "polled");
    });
}

TEST_F(Granted, is_not_what_root_asks_for_nor_who_was_told_not_to_announce_nor_who_is_not_tracked) {
    open();
    EXPECT_FALSE(daemon.hello_flags & HVFB_HELLO_WANTS_USERFAULTFD);
    give();
    EXPECT_EQ(capabilities(0), 0u);
    hvfb_surface_close(surface);
    surface = nullptr;
    as_nobody([this] {
        open("no-announce");
        EXPECT_EQ(daemon.hello_flags, can_scan);
        give();
        daemon.begin();
        EXPECT_EQ(capabilities(0), 0u);
        hvfb_surface_close(surface);
        surface = daemon.open(HVFB_OPEN_UNTRACKED);
        EXPECT_EQ(daemon.hello_flags, 0u);
        give();
        EXPECT_EQ(capabilities(100), 0u);
        EXPECT_EQ(hvfb_surface_damage(surface, nullptr, 0), 0);
    });
}

}  // namespace
}  // namespace hvfb
