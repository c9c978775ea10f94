#include "standstill_watch.h"

#include <sched.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>

#include "base/error.h"

namespace hvfbd::testing {

namespace {

constexpr std::int64_t period = 1'000'000, noticed = 1'000'000;  // ns

bool to_be_above_all(int processor) {
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET(processor, &only);
    sched_param highest{::sched_get_priority_max(SCHED_FIFO)};
    return ::sched_setaffinity(0, sizeof(only), &only) == 0 &&
           ::sched_setscheduler(0, SCHED_FIFO, &highest) == 0;
}

std::int64_t nanoseconds(Time time) {
    return time.time_since_epoch().count();
}

}  // namespace

StandstillWatch::StandstillWatch() {
    cpu_set_t processors;
    if (::sched_getaffinity(0, sizeof(processors), &processors) < 0)
        throw_errno("ask which processors there are");
    for (int processor = 0; processor < CPU_SETSIZE; ++processor) {
        if (!CPU_ISSET(processor, &processors)) continue;
        auto shared = Shared<Lateness>::make();
        pid_t pid = fork_process([&] {
            if (to_be_above_all(processor)) watch(*shared);
            return 1;
        });
        int status = 0;
        pid_t ended = 0;
        while (!shared->ready.load() && ended == 0) {
            ended = ::waitpid(pid, &status, WNOHANG);
            ::sched_yield();
        }
        if (ended != 0) continue;
        watchers_.push_back(pid);
        shared_.push_back(std::move(shared));
    }
}

StandstillWatch::~StandstillWatch() {
    for (pid_t watcher : watchers_) {
        ::kill(watcher, SIGKILL);
        ::waitpid(watcher, nullptr, 0);
    }
}

void StandstillWatch::watch(Lateness& shared) {
    shared.ready.store(true);
    std::int64_t due = nanoseconds(clock_now());
    for (;;) {
        due += period;
        timespec at{due / 1'000'000'000, due % 1'000'000'000};
        ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr);
        std::int64_t woke = nanoseconds(clock_now());
        if (woke - due < noticed) continue;
        std::size_t index = shared.count.load();
        if (index < shared.intervals.size()) {
            shared.intervals[index].from.store(due);
            shared.intervals[index].until.store(woke);
            shared.count.store(index + 1);
        }
        due = woke;
    }
}

Duration StandstillWatch::between(Time from, Time until) const {
    std::int64_t longest = 0;
    for (const auto& shared : shared_) {
        std::int64_t sum = 0;
        for (std::size_t index = 0; index < shared->count.load(); ++index) {
            const Interval& interval = shared->intervals[index];
            sum += std::max<std::int64_t>(0, std::min(interval.until.load(), nanoseconds(until)) -
                                                 std::max(interval.from.load(), nanoseconds(from)));
        }
        longest = std::max(longest, sum);
    }
    return Duration(longest);
}

Duration StandstillWatch::longest() const {
    std::int64_t longest = 0;
    for (const auto& shared : shared_)
        for (std::size_t index = 0; index < shared->count.load(); ++index)
            longest = std::max(longest,
                               shared->intervals[index].until.load() - shared->intervals[index].from.load());
    return Duration(longest);
}

}  // namespace hvfbd::testing
