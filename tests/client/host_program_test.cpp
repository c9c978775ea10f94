// What a program may have done to itself: limits, descriptors that it closed or took, a debugger, a right
// that it gave up.
#include <dlfcn.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>

#include "foreign_program.h"

namespace hvfb {
namespace {

using Inside = ForeignProgram::Inside;

bool limit(__rlimit_resource_t resource, rlim_t value) {
    const rlimit both = {value, value};
    return setrlimit(resource, &both) == 0;
}

bool become_nobody() {
    return setgroups(0, nullptr) == 0 && setresgid(65534, 65534, 65534) == 0 &&
           setresuid(65534, 65534, 65534) == 0;
}

// Opens, rests, and goes on by `after`; then stores, and closes.
void live(Inside& inside, const std::function<void()>& before, const std::function<void()>& after) {
    before();
    if (inside.open() < 0) return;
    inside.reach(1);
    after();
    for (std::uint32_t i = 0; i < 40; ++i) inside.store(i);
    inside.reach(2);
    for (std::uint32_t i = 0; i < 40; ++i) inside.store(i);
    inside.reach(3);
    hvfb_surface_close(inside.surface);
    inside.reach(4);
}

void nothing() {}

// Its life, and what is expected of every program: no store hangs, nothing is lost, nothing spins.
void expect_life(ForeignProgram& program) {
    ASSERT_TRUE(program.reaches(1)) << "not opened: " << program.shared.result << ", " << program.ended();
    ASSERT_TRUE(program.begin());
    program.daemon.collect();
    program.go(1);
    ASSERT_TRUE(program.reaches(2)) << "a store hangs";
    EXPECT_TRUE(program.reports_or_gives_up(7));
    program.go(2);
    ASSERT_TRUE(program.reaches(3)) << "a later store hangs";
    EXPECT_TRUE(program.given_up || program.reports_or_gives_up(7));
    EXPECT_FALSE(program.spins());
    program.go(3);
    ASSERT_TRUE(program.reaches(4)) << "closing hangs, or ends the program: " << program.ended();
}

TEST(HostProgram, may_have_a_limit_of_file_sizes_below_a_page) {
    for (const rlim_t size : {0, 4096, 61440}) {
        ForeignProgram program([size](Inside& inside) {
            live(
                inside, [size] { limit(RLIMIT_FSIZE, size); }, nothing);
        });
        expect_life(program);
        EXPECT_FALSE(program.given_up);
    }
}

TEST(HostProgram, may_lock_its_memory_with_little_left_to_lock) {
    ForeignProgram program([](Inside& inside) {
        live(
            inside,
            [] {
                // The picture is 1 MB.
                if (!limit(RLIMIT_MEMLOCK, 3 << 20) || !become_nobody() || mlockall(MCL_FUTURE) < 0) _exit(9);
            },
            nothing);
    });
    expect_life(program);
    EXPECT_FALSE(program.given_up);
}

TEST(HostProgram, may_give_up_descriptors_after_it_has_opened_a_surface) {
    ForeignProgram program([](Inside& inside) { live(inside, nothing, [] { limit(RLIMIT_NOFILE, 0); }); });
    expect_life(program);
    EXPECT_FALSE(program.given_up);
}

TEST(HostProgram, may_have_no_descriptors_for_tracking) {
    for (int left = 0; left < 12; ++left) {
        ForeignProgram program([left](Inside& inside) {
            const int next = fcntl(0, F_DUPFD_CLOEXEC, 0);
            close(next);
            limit(RLIMIT_NOFILE, static_cast<rlim_t>(next + left));
            const bool opened = inside.open() >= 0;
            inside.reach(1);
            for (std::uint32_t i = 0; opened && i < 40; ++i) inside.store(i);
            inside.reach(2);
        });
        ASSERT_TRUE(program.reaches(1));
        if (program.shared.result >= 0) {
            EXPECT_TRUE(program.begin());
        }
        program.go(1);
        EXPECT_TRUE(program.reaches(2)) << left;
    }
}

// Each of them interrupts every thread.
TEST(HostProgram, may_change_its_user_as_often_as_it_likes) {
    ForeignProgram program([](Inside& inside) {
        live(inside, nothing, [] {
            for (int i = 0; i < 3000; ++i)
                if (seteuid(geteuid()) < 0) _exit(9);
        });
    });
    expect_life(program);
    EXPECT_FALSE(program.given_up);
    EXPECT_NE(program.state, HVFB_TRACKER_POLLED);
}

TEST(HostProgram, may_unload_the_library_while_its_thread_runs) {
    void* const library = dlopen(SHARED_LIBRARY, RTLD_NOW);
    ASSERT_NE(library, nullptr) << dlerror();
    const void* const code = dlsym(library, "hvfb_surface_close");
    EXPECT_EQ(dlclose(library), 0);
    Dl_info found;
    EXPECT_NE(dladdr(code, &found), 0) << "the code of its threads is gone";
}

// The kernel ends a process whose real-time thread runs longer than that.
TEST(HostProgram, gets_no_real_time_thread_where_the_time_of_one_is_short) {
    ForeignProgram program([](Inside& inside) {
        live(
            inside, [] { limit(RLIMIT_RTTIME, 2000); }, nothing);
    });
    ASSERT_TRUE(program.reaches(1) && program.begin());
    EXPECT_EQ(program.policy_of_thread(), SCHED_OTHER);
}

TEST(HostProgram, gets_a_thread_as_urgent_as_the_process_may_make_it) {
    ForeignProgram program([](Inside& inside) { live(inside, nothing, nothing); });
    ASSERT_TRUE(program.reaches(1) && program.begin());
    sched_param parameters = {};
    parameters.sched_priority = sched_get_priority_max(SCHED_FIFO);
    const bool may = sched_setscheduler(program.pid, SCHED_FIFO, &parameters) == 0;
    EXPECT_EQ(program.policy_of_thread(), may ? SCHED_FIFO : SCHED_OTHER);

    ForeignProgram allowed([](Inside& inside) {
        live(
            inside,
            [&] {
                inside.shared.allowed = limit(RLIMIT_RTPRIO, 7);
                become_nobody();
            },
            nothing);
    });
    ASSERT_TRUE(allowed.reaches(1) && allowed.begin());
    // Not every root may raise limits.
    EXPECT_EQ(allowed.policy_of_thread(), allowed.shared.allowed ? SCHED_FIFO : SCHED_OTHER);

    ForeignProgram idle([](Inside& inside) {
        live(
            inside,
            [&] {
                inside.shared.allowed = limit(RLIMIT_NICE, 30);
                become_nobody();
                const sched_param none = {};
                sched_setscheduler(0, SCHED_IDLE, &none);
            },
            nothing);
    });
    ASSERT_TRUE(idle.reaches(1) && idle.begin());
    EXPECT_EQ(idle.policy_of_thread(), idle.shared.allowed ? SCHED_OTHER : SCHED_IDLE);
    // Whoever runs the tests may be nice.
    EXPECT_EQ(getpriority(PRIO_PROCESS, static_cast<id_t>(idle.thread())),
              idle.shared.allowed ? -10 : getpriority(PRIO_PROCESS, 0));
}

TEST(HostProgram, keeps_the_three_standard_numbers_though_they_are_closed) {
    ForeignProgram program([](Inside& inside) {
        live(
            inside,
            [] {
                for (int fd = 0; fd < 3; ++fd) close(fd);
            },
            [] {
                for (int fd = 0; fd < 3; ++fd)
                    if (fcntl(fd, F_GETFD) >= 0) _exit(9);
                // As daemon(3) does.
                const int null = open("/dev/null", O_RDWR);
                for (int fd = 0; fd < 3; ++fd) dup2(null, fd);
            });
    });
    expect_life(program);
    EXPECT_FALSE(program.given_up);
}

// Files of the program's own under the numbers that were the library's, of a kind each.
struct Own {
    std::vector<int> numbers;
    std::vector<ino_t> inodes;

    static ino_t inode(int fd) {
        struct stat status = {};
        return fstat(fd, &status) < 0 ? 0 : status.st_ino;
    }
    template <typename Make>
    void take(Make make) {
        for (int i = 0; i < 24; ++i) {
            const int fd = make();
            numbers.push_back(fd);
            inodes.push_back(inode(fd));
        }
    }
    bool untouched() const {
        for (std::size_t i = 0; i < numbers.size(); ++i)
            if (inodes[i] == 0 || inode(numbers[i]) != inodes[i]) return false;
        return true;
    }
};

int make_readable() {
    return open("/dev/zero", O_RDONLY);
}
int make_memory() {
    return memfd_create("own", 0);
}
int make_event() {
    return eventfd(1, EFD_NONBLOCK);
}
int make_timer() {
    return timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
}
int make_epoll() {
    return epoll_create1(0);
}

struct Kind {
    const char* name;
    int (*make)();

    friend std::ostream& operator<<(std::ostream& out, const Kind& kind) { return out << kind.name; }
};

class ClosedDescriptors : public testing::TestWithParam<Kind> {};

TEST_P(ClosedDescriptors, are_not_used_nor_closed_where_they_are_the_programs_own) {
    for (const bool drawing : {false, true}) {
        ForeignProgram program([&](Inside& inside) {
            if (inside.open() < 0) return;
            inside.reach(1);
            if (drawing) inside.store(99);
            close_range(3, ~0u, 0);
            Own own;
            own.take(GetParam().make);
            for (std::uint32_t i = 0; i < 40; ++i) inside.store(i);
            hvfb_surface_damage(inside.surface, nullptr, 0);
            hvfb_surface_request_frame(inside.surface, nullptr);
            hvfb_surface_dispatch(inside.surface);
            inside.reach(2);
            for (std::uint32_t i = 0; i < 40; ++i) inside.store(i);
            hvfb_surface_close(inside.surface);
            eventfd_t value = 0;
            const bool rung = GetParam().make == make_event && [&] {
                for (const int fd : own.numbers)
                    if (eventfd_read(fd, &value) < 0 || value != 1) return true;
                return false;
            }();
            inside.reach(own.untouched() && !rung ? 3 : -1);
        });
        ASSERT_TRUE(program.reaches(1) && program.begin());
        program.daemon.send(HVFB_ALARM, hvfb_alarm{}, nullptr, 0,
                            Descriptor(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC)).get());
        program.daemon.collect();
        program.go(1);
        ASSERT_TRUE(program.reaches(2)) << "a store hangs";
        EXPECT_FALSE(program.spins());
        program.go(2);
        EXPECT_TRUE(program.reaches(3))
            << "a file of the program's own was used or closed, or closing hangs: " << program.ended();
    }
}

INSTANTIATE_TEST_SUITE_P(Each, ClosedDescriptors,
                         testing::Values(Kind{"devices", make_readable}, Kind{"memory", make_memory},
                                         Kind{"eventfds", make_event}, Kind{"timers", make_timer},
                                         Kind{"epolls", make_epoll}),
                         [](const auto& given) { return std::string(given.param.name); });

TEST(HostProgram, may_close_everything_and_nothing_is_put_in_its_place) {
    ForeignProgram program([](Inside& inside) {
        if (inside.open() < 0) return;
        inside.reach(1);
        close_range(3, ~0u, 0);
        for (std::uint32_t i = 0; i < 40; ++i) inside.store(i);
        inside.reach(2);
        hvfb_surface_close(inside.surface);
        inside.reach(3);
    });
    ASSERT_TRUE(program.reaches(1) && program.begin());
    program.daemon.collect();
    program.go(1);
    ASSERT_TRUE(program.reaches(2)) << "a store hangs";
    EXPECT_FALSE(program.spins());
    program.go(2);
    EXPECT_TRUE(program.reaches(3)) << "closing hangs";
}

// Only what it was given, as a loop that tidies up may.
TEST(HostProgram, may_close_the_descriptor_that_it_was_given_to_poll) {
    ForeignProgram program(
        [](Inside& inside) { live(inside, nothing, [&] { close(hvfb_surface_fd(inside.surface)); }); });
    expect_life(program);
}

TEST(HostProgram, that_a_debugger_runs_rests_without_stopping_a_store) {
    ForeignProgram program([](Inside& inside) {
        live(
            inside, [] { ptrace(PTRACE_TRACEME, 0, nullptr, nullptr); }, nothing);
    });
    expect_life(program);
    EXPECT_NE(program.state, HVFB_TRACKER_RESTING);
    EXPECT_FALSE(program.given_up);
}

TEST(HostProgram, that_a_debugger_is_attached_to_later_rests_so_no_more) {
    ForeignProgram program([](Inside& inside) { live(inside, nothing, nothing); });
    ASSERT_TRUE(program.reaches(1) && program.begin());
    while (program.daemon.collect().unprotected()) continue;
    ASSERT_EQ(program.daemon.collect().state(), HVFB_TRACKER_RESTING);
    const pid_t thread = program.thread();
    ASSERT_EQ(ptrace(PTRACE_SEIZE, thread, nullptr, nullptr), 0);
    program.daemon.send_state(HVFB_TRACKING_OFF);
    program.daemon.send_state(HVFB_TRACKING_AUTO);
    program.daemon.collect();
    // It looks when it begins to rest.
    EXPECT_NE(program.daemon.collect().state(), HVFB_TRACKER_RESTING);
    program.go(1);
    EXPECT_TRUE(program.reaches(2));
    EXPECT_TRUE(program.reports_or_gives_up(7));
    // Its end is this process's to hear first.
    kill(program.pid, SIGKILL);
    waitpid(thread, nullptr, __WALL);
}

TEST(HostProgram, that_is_not_dumpable_is_told_what_was_refused) {
    int ends[2];
    ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
    const Descriptor reading(ends[0]);
    Descriptor writing(ends[1]);
    ForeignProgram program([&](Inside& inside) {
        live(
            inside,
            [&] {
                dup2(writing.get(), STDERR_FILENO);
                setenv("HVFB_DEBUG", "1", 1);
                become_nobody();
                prctl(PR_SET_DUMPABLE, 0);
            },
            nothing);
    });
    writing.reset();
    expect_life(program);
    char said[4096] = {};
    EXPECT_GT(read(reading.get(), said, sizeof said - 1), 0);
    EXPECT_NE(std::strstr(said, "refused by opening /proc/self/pagemap: Permission denied"), nullptr) << said;
    EXPECT_NE(std::strstr(said, "PR_SET_DUMPABLE"), nullptr) << said;
}

// Also run by the next test, in a process of valgrind's.
TEST(HostProgram, draws_by_itself) {
    ScriptedDaemon daemon;
    hvfb_surface* const surface = daemon.open();
    daemon.begin();
    auto* const pixels = static_cast<std::uint32_t*>(hvfb_surface_pixels(surface));
    for (std::uint32_t page = 0; page < 40; ++page) pixels[page * 1024] = page;
    EXPECT_TRUE(daemon.collect().holds(39));
    if (getenv("UNDER_VALGRIND")) {
        EXPECT_STREQ(hvfb_surface_tracking(surface), "polled");
    }
    hvfb_surface_close(surface);
}

#ifndef SANITIZED
TEST(HostProgram, that_valgrind_runs_draws_and_valgrind_has_nothing_to_say) {
    const pid_t pid = fork();
    if (pid == 0) {
        // It hangs where a store does, and cannot be interrupted then.
        alarm(60);
        setenv("UNDER_VALGRIND", "1", 1);
        const std::string program = std::filesystem::read_symlink("/proc/self/exe");
        execlp("valgrind", "valgrind", "--quiet", "--tool=memcheck", "--error-exitcode=7", "--log-fd=2",
               program.c_str(), "--gtest_filter=HostProgram.draws_by_itself", nullptr);
        _exit(8);
    }
    int status = 0;
    ASSERT_EQ(waitpid(pid, &status, 0), pid);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}
#endif

}  // namespace
}  // namespace hvfb
