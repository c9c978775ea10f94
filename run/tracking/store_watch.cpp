#include "run/tracking/store_watch.h"

#include <poll.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <future>
#include <iostream>
#include <system_error>
#include <thread>

#include "run/notify/caller.h"
#include "run/tracking/tracee.h"

namespace run {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// A call that maps is over long before.
constexpr auto longest_call = 5s;
// How often processes that cannot be watched are asked whether they have the memory still.
constexpr auto between_questions = 1s;

std::string named(pid_t process) {
    return Caller(process, false).name() + " [" + std::to_string(process) + ']';
}

}  // namespace

StoreWatch::StoreWatch(std::string refused, unsigned filters, bool explain)
    : refused_(std::move(refused)), filters_(filters), explain_(explain) {}

void StoreWatch::say(const std::string& what) const {
    if (explain_) std::cerr << "hvfb-run: " + what + '\n';
}

void StoreWatch::give_up(const std::string& why) {
    if (!refused_.empty()) return;
    refused_ = why;
    watched_.clear();
    unwatched_.clear();
    say("stores are found by comparing: " + why);
}

void StoreWatch::begin(MemoryFile file, int memory) {
    file_ = file;
    if (!refused_.empty()) return say("stores are found by comparing: " + refused_);
    if (!newest_.process()) return give_up("/proc/loadavg does not name the newest process");
    if (::access("/proc/thread-self/children", F_OK) != 0) return give_up("/proc lists no children");
    hvfbd::Descriptor writes(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    const std::string path = "/proc/self/fd/" + std::to_string(memory);
    if (!writes || ::inotify_add_watch(writes.get(), path.c_str(), IN_MODIFY) < 0)
        return give_up(std::string("inotify: ") + std::strerror(errno));
    writes_ = std::move(writes);
}

StoreWatch::Watched* StoreWatch::watched(pid_t process) {
    const auto found =
        std::ranges::find_if(watched_, [=](const Watched& one) { return one.memory.process() == process; });
    return found == watched_.end() ? nullptr : &*found;
}

bool StoreWatch::known(pid_t process) {
    return watched(process) ||
           std::ranges::find(unwatched_, process, &Unwatched::process) != unwatched_.end();
}

void StoreWatch::forget(pid_t process) {
    std::erase_if(watched_, [=](const Watched& one) { return one.memory.process() == process; });
}

void StoreWatch::cannot(pid_t process, const std::string& why) {
    forget(process);
    hvfbd::Descriptor handle(static_cast<int>(::syscall(SYS_pidfd_open, process, 0)));
    if (!handle && errno == ESRCH) return;
    if (!handle) return give_up(named(process) + ": " + why);
    say("stores are found by comparing while there is " + named(process) + ": " + why);
    unwatched_.push_back({process, std::move(handle), Clock::now()});
}

void StoreWatch::maps(pid_t thread, const LetGo& let_go) {
    const pid_t process = process_of(thread);
    if (!refused_.empty() || process == 0 || (known(process) && !watched(process))) return let_go();
    // One of the program's own may end it for a call that it does not know.
    if (filters_of(std::to_string(thread)) > filters_) {
        cannot(process, "it has filters of system calls of its own");
        return let_go();
    }
    std::promise<int> seized;
    const auto trace = [&] {
        Tracee tracee;
        const int failed = tracee.seize(thread);
        seized.set_value(failed);
        if (failed != 0)
            cannot(process, std::string("ptrace: ") + std::strerror(failed));
        else if (!tracee.wait(Clock::now() + longest_call))
            cannot(process, "it did not come back from mmap");
        else if (!tracee.has_failed())
            watch(tracee, process);
    };
    try {
        // A thread of its own: when it ends, for whatever reason, the kernel lets the program go.
        std::thread tracer(trace);
        seized.get_future().wait();
        let_go();
        tracer.join();
    } catch (const std::system_error& failed) {
        cannot(process, std::string("a thread: ") + failed.what());
        let_go();
    }
}

// It stands at the end of a call.
void StoreWatch::watch(Tracee& tracee, pid_t process) {
    using Result = WatchedProcess::Result;
    const auto begun = Clock::now();
    if (Watched* const before = watched(process)) {
        const Result result = before->memory.watch();
        if (result == Result::refused) return cannot(process, before->memory.why());
        if (result == Result::watched) return;
        // It is another program by now.
        forget(process);
    }
    std::string refused;
    hvfbd::Descriptor userfault = tracee.make_userfaultfd(process, refused);
    if (!userfault) return cannot(process, refused);
    auto memory = WatchedProcess::begin(process, std::move(userfault), file_);
    if (!memory) return cannot(process, std::string("its memory: ") + std::strerror(errno));
    const Result result = memory->watch();
    if (result == Result::refused) return cannot(process, memory->why());
    if (result == Result::nothing) return;
    // Those that it has already may have the memory, too.
    watched_.push_back({std::move(*memory), work_of_ended_children(process)});
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begun).count();
    say("stores of " + named(process) + " are tracked, for which it stood still for " + std::to_string(took) +
        " us");
}

bool StoreWatch::take_stores(const std::function<void(std::uint64_t, std::uint64_t)>& visit, Time now) {
    if (!refused_.empty()) return false;
    // Each of them, whatever the others say.
    const bool written = take_writes(), protected_all = take_written(visit, now);
    const bool children = !no_children(now), orphans = !no_orphans(now), others = !all_watched(now);
    const bool was_compared = std::exchange(compared_, others);
    return !written && protected_all && !children && !orphans && !others && !was_compared;
}

bool StoreWatch::take_writes() const {
    char events[4096];
    bool any = false;
    while (writes_ && ::read(writes_.get(), events, sizeof events) > 0) any = true;
    return any;
}

bool StoreWatch::take_written(const std::function<void(std::uint64_t, std::uint64_t)>& visit, Time now) {
    std::vector<pid_t> lost;
    for (Watched& one : watched_)
        if (!one.memory.take_written(visit)) lost.push_back(one.memory.process());
    for (const pid_t process : lost) {
        // It has unmapped or moved it, has become another program, or has ended.
        WatchedProcess& one = watched(process)->memory;
        const WatchedProcess::Result result = one.watch();
        if (result == WatchedProcess::Result::watched) continue;
        if (result == WatchedProcess::Result::refused) cannot(process, one.why());
        forget(process);
        orphans_until_ = now + between_questions;
    }
    return lost.empty();
}

bool StoreWatch::no_child_of(pid_t process) {
    bool none = true;
    for (const pid_t child : children_of(process)) {
        if (known(child) || !maps_shared(child, file_)) continue;
        cannot(child, "it was begun as a copy of " + named(process));
        none = false;
    }
    return none;
}

bool StoreWatch::no_children(Time now) {
    births_.heard(newest_.process().value_or(0), now);
    bool none = !births_.owed(now);
    if (!births_.due(now)) return none;
    for (Watched& one : std::span(watched_)) {
        const std::uint64_t ended = work_of_ended_children(one.memory.process());
        none &= std::exchange(one.ended_children, ended) == ended;
    }
    std::vector<pid_t> parents;
    for (const Watched& one : watched_) parents.push_back(one.memory.process());
    for (const Unwatched& one : unwatched_) parents.push_back(one.process);
    for (const pid_t parent : parents) none &= no_child_of(parent);
    return none;
}

// A process ends, and what it had begun is another one's child then.
bool StoreWatch::no_orphans(Time now) {
    if (now >= orphans_until_ && looked_for_orphans_ >= orphans_until_) return true;
    if (now < orphans_until_ && now - looked_for_orphans_ < between_questions / 4) return false;
    looked_for_orphans_ = now;
    for (const pid_t process : all_processes()) {
        if (process == ::getpid() || known(process) || filters_of(std::to_string(process)) < filters_ ||
            !maps_shared(process, file_))
            continue;
        cannot(process, "it was begun as a copy of one that has ended");
    }
    return false;
}

bool StoreWatch::all_watched(Time now) {
    const auto is_rid_of_it = [&](Unwatched& one) {
        pollfd ended{one.handle.get(), POLLIN, 0};
        if (::poll(&ended, 1, 0) > 0) {
            orphans_until_ = now + between_questions;
            return true;
        }
        if (now - one.looked_at < between_questions) return false;
        one.looked_at = now;
        return !maps_shared(one.process, file_);
    };
    const bool none = unwatched_.empty();
    std::erase_if(unwatched_, is_rid_of_it);
    return none;
}

}  // namespace run
