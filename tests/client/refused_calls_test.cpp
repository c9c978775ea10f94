// Every system call of the library's thread may be refused, by a filter that came before the surface or after
// it: no store hangs, nothing spins, and the surface goes on, or is given up.
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <list>
#include <tuple>

#include "foreign_program.h"
#include "surface_fixture.h"
#include "viewer.h"

namespace hvfb {
namespace {

struct Refused {
    const char* name;
    std::vector<long> calls;
    bool ends = true;  // the program can go on to close the surface and to end

    friend std::ostream& operator<<(std::ostream& out, const Refused& refused) { return out << refused.name; }
};

// For all threads of this process, for ever, and without a call of its own afterwards.
bool refuse(const std::vector<long>& calls, std::uint32_t answer) {
    // The allocator of AddressSanitizer maps memory when it is asked for a size for the first time, and ends
    // the program where it cannot.
    for (std::size_t size = 16; size <= std::size_t{1} << 16; size += size / 8) {
        void* volatile memory = std::malloc(size);
        std::free(memory);
    }
    std::vector<sock_filter> program;
    program.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)));
    for (const long call : calls) {
        program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 1));
        program.push_back(BPF_STMT(BPF_RET | BPF_K, answer));
    }
    program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
    const sock_fprog filter = {static_cast<unsigned short>(program.size()), program.data()};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter) == 0;
}

std::vector<Refused> all_refused() {
    std::vector<Refused> refused = {
        {"ppoll", {SYS_ppoll}},
        {"read", {SYS_read}},
        {"write", {SYS_write}},
        {"ioctl", {SYS_ioctl}},
        {"recvmsg", {SYS_recvmsg}},
        {"sendto", {SYS_sendto}},
        {"timerfd_settime", {SYS_timerfd_settime}},
        {"fstat", {SYS_newfstatat, SYS_fstat}},
        {"fcntl", {SYS_fcntl}},
        {"clock_gettime", {SYS_clock_gettime}},
        // The C library ends a program when a futex that it needs is refused.
        {"futex", {SYS_futex}, false},
        {"mmap", {SYS_mmap}},
#ifndef SANITIZED
        {"munmap", {SYS_munmap}},
#endif
        {"madvise", {SYS_madvise}},
        {"openat", {SYS_openat}},
        {"close", {SYS_close}},
        {"shutdown", {SYS_shutdown}},
        {"nanosleep", {SYS_nanosleep, SYS_clock_nanosleep}},
        {"every_wait", {SYS_ppoll, SYS_nanosleep, SYS_clock_nanosleep}},
        {"ioctl_and_read", {SYS_ioctl, SYS_read}},
        {"ioctl_and_close", {SYS_ioctl, SYS_close}},
        {"ioctl_close_and_close_range", {SYS_ioctl, SYS_close, SYS_close_range}},
        {"the_whole_channel", {SYS_recvmsg, SYS_sendto, SYS_shutdown}},
        {"the_bell", {SYS_read, SYS_write, SYS_sendto}},
        {"scheduling",
         {SYS_sched_setscheduler, SYS_sched_getscheduler, SYS_sched_getparam, SYS_setpriority,
          SYS_getpriority, SYS_prlimit64}},
        {"userfaultfd", {SYS_userfaultfd}},
        {"socketpair", {SYS_socketpair}},
        {"prctl", {SYS_rt_sigprocmask}},
    };
#ifdef SYS_poll
    refused.push_back({"poll", {SYS_poll}});
#endif
    return refused;
}

class RefusedCalls : public testing::TestWithParam<Refused> {};

constexpr std::uint32_t answers[] = {SECCOMP_RET_ERRNO | EPERM, SECCOMP_RET_ERRNO | ENOSYS,
                                     SECCOMP_RET_ERRNO | EINTR, SECCOMP_RET_ERRNO | EAGAIN};

// Its thread may be busy for a moment, but not all the time.
void expect_no_spin(std::list<ForeignProgram>& programs) {
    std::vector<std::uint64_t> before;
    for (ForeignProgram& program : programs) before.push_back(program.nanoseconds_of_thread());
    const Nanoseconds begin = monotonic_now();
    usleep(50'000);
    const Nanoseconds passed = monotonic_now() - begin;
    std::size_t i = 0;
    for (ForeignProgram& program : programs) {
        const std::uint64_t after = program.nanoseconds_of_thread();
        if (after != 0) {
            EXPECT_LT(after - before[i], passed / 4) << "program " << i;
        }
        ++i;
    }
}

TEST_P(RefusedCalls, after_it_was_opened_hang_no_store_and_lose_nothing) {
    std::list<ForeignProgram> programs;
    for (const std::uint32_t answer : answers)
        for (const bool drawing : {false, true})
            programs.emplace_back([&](ForeignProgram::Inside& inside) {
                if (inside.open() < 0) return;
                inside.reach(1);
                if (drawing)
                    for (std::uint32_t i = 0; inside.shared.go.load() < 2; ++i) inside.store(i % 40);
                else
                    inside.reach(2);
                if (!refuse(GetParam().calls, answer)) return;
                for (std::uint32_t i = 0; i < 200; ++i) inside.store(i);
                inside.reach(3);
                for (std::uint32_t i = 0; i < 20; ++i) inside.store(i);
                inside.reach(4);
                if (GetParam().ends) hvfb_surface_close(inside.surface);
                inside.reach(5);
            });
    for (ForeignProgram& program : programs) {
        ASSERT_TRUE(program.reaches(1) && program.begin());
        program.go(1);
        program.daemon.collect();
        program.go(2);
    }
    std::size_t i = 0;
    for (ForeignProgram& program : programs) {
        SCOPED_TRACE("program " + std::to_string(i++));
        ASSERT_TRUE(program.reaches(3)) << "a store hangs";
        EXPECT_TRUE(program.reports_or_gives_up(7));
        program.go(3);
        ASSERT_TRUE(program.reaches(4)) << "a later store hangs";
        EXPECT_TRUE(program.given_up || program.reports_or_gives_up(19));
    }
    expect_no_spin(programs);
    for (ForeignProgram& program : programs) {
        program.go(4);
        EXPECT_TRUE(program.reaches(5)) << "closing hangs";
    }
}

TEST_P(RefusedCalls, before_it_is_opened_hang_nothing) {
    if (!GetParam().ends) return;  // the C library ends the program
    std::list<ForeignProgram> programs;
    for (const std::uint32_t answer : answers)
        programs.emplace_back([&](ForeignProgram::Inside& inside) {
            if (!refuse(GetParam().calls, answer)) return;
            const bool opened = inside.open() >= 0;
            inside.reach(1);
            for (std::uint32_t i = 0; opened && i < 40; ++i) inside.store(i);
            inside.reach(2);
            if (GetParam().ends) hvfb_surface_close(inside.surface);
            inside.reach(3);
        });
    std::size_t i = 0;
    for (ForeignProgram& program : programs) {
        SCOPED_TRACE("program " + std::to_string(i++));
        ASSERT_TRUE(program.reaches(1)) << "opening hangs";
        if (program.shared.result >= 0 && program.daemon.next(HVFB_HELLO, 1000)) program.want_tracking();
        program.go(1);
        ASSERT_TRUE(program.reaches(2)) << "a store hangs";
        if (program.shared.result >= 0) {
            EXPECT_TRUE(program.reports_or_gives_up(7));
        }
    }
    expect_no_spin(programs);
    for (ForeignProgram& program : programs) {
        program.go(2);
        EXPECT_TRUE(program.reaches(3)) << "closing hangs";
    }
}

INSTANTIATE_TEST_SUITE_P(Each, RefusedCalls, testing::ValuesIn(all_refused()),
                         [](const auto& given) { return std::string(given.param.name); });

// Of the thread that calls.
Nanoseconds used_by(const std::function<void()>& act) {
    const auto used = [] {
        timespec time = {};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
        return static_cast<Nanoseconds>(time.tv_sec) * 1'000'000'000 + static_cast<Nanoseconds>(time.tv_nsec);
    };
    const Nanoseconds before = used();
    act();
    return used() - before;
}

TEST(RefusedCall, of_a_wait_for_a_frame_does_not_spin) {
    for (const std::uint32_t answer : answers) {
        ForeignProgram program([&](ForeignProgram::Inside& inside) {
            std::uint64_t frame = 0;
            if (inside.open() < 0 || hvfb_surface_request_frame(inside.surface, &frame) < 0) return;
            if (!refuse({SYS_futex}, answer)) return;
            int waited = 0;
            const Nanoseconds used =
                used_by([&] { waited = hvfb_surface_wait_frame(inside.surface, frame, 100'000, nullptr); });
            inside.shared.allowed = waited == -ETIME && used < 50'000'000;
            inside.reach(1);
        });
        ASSERT_TRUE(program.reaches(1)) << "waits for ever";
        EXPECT_TRUE(program.shared.allowed) << "spins";
    }
}

TEST(RefusedCall, of_a_viewer_ends_the_view_or_the_wait_and_does_not_spin) {
    for (const std::uint32_t answer : answers)
        for (const std::vector<long>& calls :
             {std::vector<long>{SYS_recvmsg}, std::vector<long>{SYS_ppoll}, std::vector<long>{SYS_sendto}}) {
            EXPECT_TRUE(child_succeeds([&] {
                ScriptedDaemon daemon;
                hvfb_viewer* viewer = nullptr;
                if (open_viewer(&viewer, nullptr, ScriptedDaemon::connect) < 0) return false;
                daemon.send(HVFB_HELLO, hvfb_hello{{}, HVFB_PROTOCOL_VERSION, 0});
                if (!refuse(calls, answer)) return false;
                int waited = 0;
                const Nanoseconds used =
                    used_by([&] { waited = hvfb_viewer_wait(viewer, 100'000, nullptr); });
                return (waited == -ETIME || waited == -ENOTCONN) && used < 50'000'000;
            })) << calls[0]
                << " answered with " << (answer & SECCOMP_RET_DATA);
        }
}

void answer_with_eperm(int, siginfo_t*, void* context) {
    mcontext_t& registers = static_cast<ucontext_t*>(context)->uc_mcontext;
#if defined(__x86_64__)
    registers.gregs[REG_RAX] = -EPERM;
#elif defined(__aarch64__)
    registers.regs[0] = static_cast<unsigned long long>(-EPERM);
#endif
}

// What a filter ends the thread with is not for the library to survive; what the program handles is.
TEST(RefusedCall, may_be_answered_by_the_program_with_a_signal) {
    ForeignProgram program([](ForeignProgram::Inside& inside) {
        struct sigaction action = {};
        action.sa_flags = SA_SIGINFO;
        action.sa_sigaction = answer_with_eperm;
        sigaction(SIGSYS, &action, nullptr);
        if (inside.open() < 0) return;
        inside.reach(1);
        if (!refuse({SYS_timerfd_settime, SYS_ioctl}, SECCOMP_RET_TRAP)) return;
        for (std::uint32_t i = 0; i < 40; ++i) inside.store(i);
        inside.reach(2);
    });
    ASSERT_TRUE(program.reaches(1) && program.begin());
    program.go(1);
    EXPECT_TRUE(program.reaches(2)) << "ended or hangs";
    EXPECT_TRUE(program.alive());
}

}  // namespace
}  // namespace hvfb
