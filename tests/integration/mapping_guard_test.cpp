// Device memory that is taken away while it is written, next to what else handles SIGBUS.
#include "base/mapping_guard.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <functional>
#include <optional>
#include <utility>

#include "base/descriptor.h"
#include "base/layout.h"
#include "base/mapping.h"
#include "processes.h"
#include "system/crash_handler.h"

namespace hvfbd::testing {
namespace {

struct Device {
    Descriptor file{::memfd_create("device", MFD_CLOEXEC)};
    std::size_t size = 4 * page_size();
    Mapping mapping;
    Device() {
        if (::ftruncate(file.get(), static_cast<off_t>(size)) == 0)
            mapping = Mapping(file, size, Mapping::Access::read_write);
    }
    void take_away() const { ASSERT_EQ(::ftruncate(file.get(), 0), 0); }
    volatile std::byte& at(std::size_t i) const { return mapping.bytes()[i]; }
};

// In a process of its own, for the handlers are: its exit code, or the signal it died of and 256.
int outcome_of(const std::function<int()>& act) {
    pid_t child = ::fork();
    if (child == 0) {
        // A sanitizer's are of no interest here.
        for (int signal : {SIGBUS, SIGSEGV, SIGABRT, SIGILL}) ::signal(signal, SIG_DFL);
        ::_exit(act());
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? 256 + WTERMSIG(status) : WEXITSTATUS(status);
}

int stores_into_lost_memory() {
    Device device;
    MappingGuard guard(device.mapping.bytes());
    device.at(0) = std::byte{1};
    if (MappingGuard::lost(&device.mapping.bytes()[3])) return 1;
    device.take_away();
    device.at(page_size()) = std::byte{2};
    device.at(0) = std::byte{3};
    return MappingGuard::lost(&device.mapping.bytes()[3]) ? 0 : 2;
}

TEST(AGuardedMapping, that_is_taken_away_is_lost_and_its_stores_go_nowhere) {
    EXPECT_EQ(outcome_of(stores_into_lost_memory), 0);
}

TEST(AGuardedMapping, that_is_taken_away_is_no_crash_whether_the_crash_handler_is_older_or_younger) {
    EXPECT_EQ(outcome_of([] {
                  CrashHandler flush_on_crash([] { ::_exit(7); });
                  return stores_into_lost_memory();
              }),
              0);
    EXPECT_EQ(outcome_of([] {
                  Device other;
                  MappingGuard first(other.mapping.bytes());
                  CrashHandler flush_on_crash([] { ::_exit(7); });
                  return stores_into_lost_memory();
              }),
              0);
}

TEST(AGuardedMapping, takes_no_other_fault_for_its_own) {
    auto fault = [](bool with_flush_on_crash) {
        return outcome_of([with_flush_on_crash] {
            std::optional<CrashHandler> flush_on_crash;
            if (with_flush_on_crash) flush_on_crash.emplace([] { ::_exit(7); });
            Device guarded, other;
            MappingGuard guard(guarded.mapping.bytes());
            other.take_away();
            other.at(0) = std::byte{1};
            return 0;
        });
    };
    EXPECT_EQ(fault(true), 7) << "the crash handler is called";
    EXPECT_EQ(fault(false), 256 + SIGBUS);
}

// The crash handler copies the picture to the screen, whatever it was that crashed.
TEST(AGuardedMapping, that_is_gone_when_the_daemon_crashes_hides_neither_the_crash_nor_the_other_screens) {
    auto crash = [](int signal) {
        auto said = Shared<std::atomic<int>>::make();
        int outcome = outcome_of([&] {
            Device lost, other;
            MappingGuard guard(lost.mapping.bytes());
            CrashHandler flush_on_crash([&] {
                lost.at(0) = std::byte{1};
                lost.at(page_size()) = std::byte{1};
                ++*said;
                other.at(0) = std::byte{2};
                ++*said;
            });
            lost.take_away();
            if (signal == 0) other.take_away();
            ::raise(signal == 0 ? SIGSEGV : signal);
            return 0;
        });
        return std::pair(outcome, said->load());
    };
    for (int signal : {SIGSEGV, SIGABRT, SIGBUS, SIGILL})
        EXPECT_EQ(crash(signal), std::pair(256 + signal, 2)) << signal;
    EXPECT_EQ(crash(0), std::pair(256 + SIGBUS, 1)) << "what is not guarded ends it";
}

}  // namespace
}  // namespace hvfbd::testing
