#include "tracking/tracker.h"

#include <hvfb/hvfb.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tracking/constants.h"
#include "tracking/fault_cost.h"
#include "tracking/mutation.h"

namespace hvfb {

Tracker::Tracker(Channel& channel, Notices& notices, Outbox& outbox)
    : channel_(channel), notices_(notices), outbox_(outbox) {}

void Tracker::acquire(const char* forbidden) {
    tracked_ = true;
    const auto allowed = [forbidden](const char* word) {
        return !forbidden || !std::strstr(forbidden, word);
    };
    protection_.acquire(allowed("no-announce"), allowed("no-scan"));
    wants_grant_ = allowed("no-announce") && !capabilities().announce;
    if (capabilities().scan) fault_cost_ = measure_fault_cost();
    name_it();
    // Asked here and not where something goes wrong: the environment is not the thread's to read.
    debug_ = secure_getenv("HVFB_DEBUG");
    if (!debug_) return;
    if (fault_cost_ > 0)
        std::fprintf(stderr, "hvfb: a fault costs %llu ns\n", static_cast<unsigned long long>(fault_cost_));
    if (!capabilities().announce)
        std::fputs(
            "hvfb: this process may make no full userfaultfd: unless the daemon gives it one, the first "
            "store "
            "after rest cannot be announced. hvfbctl doctor says what is in the way\n",
            stderr);
    if (!capabilities().scan)
        std::fputs("hvfb: no asynchronous write-protection (Linux 6.7): written pages cannot be listed\n",
                   stderr);
}

void Tracker::name_it() {
    const Capabilities capabilities = protection_.capabilities();
    const char* name = capabilities.announce ? (capabilities.scan ? "resting+scanning" : "resting")
                                             : (capabilities.scan ? "scanning" : "polled");
    name_.store(tracked_ ? name : "none");
}

int Tracker::start(Memory memory, bool afresh) {
    protection_.point_at(memory);
    pages_ = static_cast<std::uint32_t>(memory.size / static_cast<std::size_t>(sysconf(_SC_PAGESIZE)));
    if (!begin(afresh)) return -ENOMEM;
    stopping_.store(false);
    // The thread must not take a signal from the program's threads.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const auto enter = [](void* tracker) -> void* {
        static_cast<Tracker*>(tracker)->run();
        return nullptr;
    };
    const int error = pthread_create(&thread_, nullptr, enter, this);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    running_ = error == 0;
    return -error;
}

bool Tracker::begin(bool afresh) {
    if (!policy_.start(pages_, protection_.capabilities(), constants::hot_from(fault_cost_))) return false;
    announcement_.reset();
    timetable_ = {};
    told_ = {};
    lost_ = false;
    if (afresh) {
        reports_ = capabilities().announce || capabilities().scan;
        answer_.reset();
        state_.reset();
        alarm_.forget();
        taken_serial_ = 0;
        granted_ = capabilities_owed_ = false;
    }
    return true;
}

void Tracker::stop() {
    if (!running_) return;
    stopping_.store(true);
    outbox_.wake();
    pthread_join(thread_, nullptr);
    running_ = false;
}

void Tracker::abandon() {
    running_ = false;
    protection_.abandon();
    alarm_.forget();
    offer_.buffer.reset();
}

void Tracker::forget_offer() {
    if (offered_.load()) taken_serial_ = offer_.serial;
    offered_.store(false);
    notices_.withdraw(HVFB_EVENT_CONFIGURE);
    offer_.buffer.reset();
}

void Tracker::run() {
    pthread_setname_np(pthread_self(), "hvfb-tracker");
    do {
        track(monotonic_now());
        while (turn()) continue;
        if (protection_.switch_watch(Watch::none) < 0) protection_.lose();
    } while (go_on_with_next());
}

bool Tracker::go_on_with_next() {
    while (lost_ && come_back_ && come_back_(context_)) {
        if (!begin(true)) {
            channel_.hang_up();
            continue;
        }
        forget_offer();
        taken_serial_ = 0;
        outbox_.forget();
        notices_.go_on();
        // What the program said until then was refused, though the daemon may have looked before it was
        // drawn.
        if (!tracked_) outbox_.damage({});
        return true;
    }
    return false;
}

bool Tracker::turn() {
    // An answer that waits for room: a daemon that does not read is not listened to.
    const bool waiting = answer_ || announcement_ || capabilities_owed_ || outbox_.owing();
    const short events = static_cast<short>((answer_ ? 0 : POLLIN) | (waiting ? POLLOUT : 0));
    std::array<pollfd, 3> descriptors = {
        {{.fd = protection_.fault_descriptor(), .events = POLLIN, .revents = 0},
         {.fd = outbox_.get(), .events = POLLIN, .revents = 0},
         {.fd = channel_.get(), .events = events, .revents = 0}}};
    if (!wait(descriptors)) return true;
    const Nanoseconds now = monotonic_now();
    if (descriptors[0].revents) serve_faults(now);
    if (descriptors[1].revents) outbox_.quiet();
    if (stopping_.load()) return false;
    flush();
    if ((descriptors[2].revents & ~POLLOUT) && !receive(now)) return false;
    if (timetable_.due() && *timetable_.due() <= now && !answer_) report_unasked(now);
    return true;
}

bool Tracker::wait(std::span<pollfd> descriptors) const {
    // An answer that waits for room goes first.
    if (!timetable_.due() || answer_) return poll(descriptors.data(), descriptors.size(), -1) >= 0;
    const Nanoseconds now = monotonic_now(), due = std::max(*timetable_.due(), now) - now;
    const timespec timeout = timespec_of(due);
    return ppoll(descriptors.data(), descriptors.size(), &timeout, nullptr) >= 0;
}

void Tracker::serve_faults(Nanoseconds now) {
    // If it rang while this process was stopped it says nothing of the store that waits now.
    alarm_.renew();
    const int result = protection_.serve_faults([&](std::uint32_t page) {
        for (const Action& action : policy_.fault(page, now))
            if (const int failed = carry_out(action); failed < 0) return failed;
        pass(HookPoint::after_unprotect);
        return 0;
    });
    if (result < 0) lose(result);
}

void Tracker::perform(std::span<const Action> actions) {
    for (const Action& action : actions) {
        if (const int result = carry_out(action); result < 0) {
            // What was left to be done is without meaning now, but an answer.
            const bool answering = actions.back().kind == Action::Kind::report;
            lose(result);
            if (answering) carry_out({.kind = Action::Kind::report});
            return;
        }
    }
}

int Tracker::carry_out(const Action& action) {
    int result = 0;
    switch (action.kind) {
        case Action::Kind::switch_watch:
            return protection_.switch_watch(action.watch);
        case Action::Kind::protect:
            result = protection_.protect(action.pages);
            pass(HookPoint::after_protect);
            return result;
        case Action::Kind::unprotect:
            return protection_.unprotect(action.pages);
        case Action::Kind::scan:
            result = protection_.scan(action.pages, [this](Pages pages) { policy_.scanned(pages); });
            pass(HookPoint::after_protect);
            return result;
        case Action::Kind::announce:
            announce(action.pages);
            return 0;
        case Action::Kind::report:
            pass(HookPoint::before_report);
            send(policy_.report());
            flush();
            pass(HookPoint::after_report);
            return 0;
    }
    return -EINVAL;
}

void Tracker::lose(int error) {
    protection_.lose();
    name_it();
    perform(policy_.lose());
    if (debug_) std::fprintf(stderr, "hvfb: stores are not tracked any more: %s\n", std::strerror(-error));
}

}  // namespace hvfb
