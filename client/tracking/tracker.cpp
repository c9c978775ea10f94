#include "tracking/tracker.h"

#include <hvfb/hvfb.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "common/probe.h"
#include "tracking/constants.h"
#include "tracking/measure_prices.h"
#include "tracking/mutation.h"
#include "tracking/supervisor.h"
#include "tracking/thread.h"

namespace hvfb {

namespace {

// Each poll may return once or twice for nothing.
constexpr unsigned most_fruitless_turns = 32;
// With a pause after each of the last ones.
constexpr unsigned most_unusable_turns = most_fruitless_turns + 8;

}  // namespace

Tracker::Tracker(Channel& channel, Notices& notices, Outbox& outbox)
    : channel_(channel), notices_(notices), outbox_(outbox) {}

void Tracker::acquire(const char* forbidden) {
    tracked_ = true;
    const auto allowed = [forbidden](const char* word) {
        return !forbidden || !std::strstr(forbidden, word);
    };
    const Supervisor runs_it = supervisor();
    protection_.acquire(allowed("no-announce"), allowed("no-scan"), runs_it);
    wants_grant_ = allowed("no-announce") && runs_it == Supervisor::none && !capabilities().announce;
    if (capabilities().scan) {
        TrackingRefused refused;
        prices_ = priced(measure_prices(Userfault::make(Userfault::Kind::asynchronous, refused)));
    }
    name_it();
    // Asked here and not where something goes wrong: the environment is not the thread's to read.
    debug_ = secure_getenv("HVFB_DEBUG");
    if (!debug_) return;
    if (capabilities().scan)
        std::fprintf(stderr, "hvfb: a fault costs %llu ns, comparing a page %llu ns, a report %llu ns\n",
                     static_cast<unsigned long long>(prices_.fault),
                     static_cast<unsigned long long>(prices_.compare),
                     static_cast<unsigned long long>(prices_.report));
    explain(protection_.refused().announce, protection_.refused().scan);
}

void Tracker::name_it() {
    const Capabilities capabilities = protection_.capabilities();
    const char* name = capabilities.announce ? (capabilities.scan ? "resting+scanning" : "resting")
                                             : (capabilities.scan ? "scanning" : "polled");
    name_.store(tracked_ ? name : "none");
}

int Tracker::start(Memory memory, bool afresh) {
    protection_.point_at(memory);
    page_size_ = static_cast<std::uint32_t>(sysconf(_SC_PAGESIZE));
    pages_ = static_cast<std::uint32_t>(memory.size / page_size_);
    if (!begin(afresh)) return -ENOMEM;
    stopping_.store(false);
    const auto enter = [](void* tracker) -> void* {
        become_urgent();
        static_cast<Tracker*>(tracker)->run();
        return nullptr;
    };
    const int result = start_thread(thread_, enter, this);
    running_ = result == 0;
    return result;
}

bool Tracker::begin(bool afresh) {
    if (!policy_.start(pages_, page_size_, protection_.capabilities(), prices_)) return false;
    announcement_.reset();
    timetable_ = {};
    reported_ = {};
    lost_ = false;
    fruitless_ = unusable_ = 0;
    if (afresh) {
        notices_.expect_shown();
        reports_ = capabilities().announce || capabilities().scan;
        answer_.reset();
        state_.reset();
        channel_over_ = false;
        alarm_.forget();
        taken_serial_ = 0;
        granted_ = capabilities_owed_ = false;
    }
    return true;
}

bool Tracker::stop() {
    if (!running_) return true;
    stopping_.store(true);
    if (outbox_.wake() < 0) {
        // The program has closed the bell, which the thread goes on waiting for. It may hear the channel, or
        // the next fault or message.
        channel_.hang_up();
        timespec deadline = {};
        clock_gettime(CLOCK_MONOTONIC, &deadline);
        deadline.tv_sec += 2;
        if (pthread_clockjoin_np(thread_, nullptr, CLOCK_MONOTONIC, &deadline) != 0) return false;
    } else {
        pthread_join(thread_, nullptr);
    }
    running_ = false;
    return true;
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
        while (dispatch()) continue;
        if (protection_.switch_watch(Watch::none) < 0)
            protection_.lose();
        else if (!stopping_.load())
            protection_.populate({0, pages_});
        name_it();
    } while (go_on_with_next());
}

bool Tracker::go_on_with_next() {
    while (lost_ && !waiting_.impossible() && come_back_ && come_back_(context_)) {
        if (!begin(true)) {
            channel_.hang_up();
            continue;
        }
        forget_offer();
        taken_serial_ = 0;
        outbox_.forget();
        notices_.withdraw(HVFB_EVENT_GAVE_UP);
        notices_.go_on();
        // The damage that the program sent until then was refused, though the daemon may have compared before
        // it was drawn.
        if (!tracked_) outbox_.damage({});
        notices_.tell(HVFB_EVENT_BACK);
        return true;
    }
    // Nobody waits for a daemon any more.
    if (lost_ && !stopping_.load()) notices_.tell(HVFB_EVENT_GAVE_UP);
    return false;
}

bool Tracker::dispatch() {
    // An answer that waits for room: a daemon that does not read is not listened to.
    const bool waiting = answer_ || announcement_ || capabilities_owed_ || outbox_.owing();
    const short events = static_cast<short>((answer_ ? 0 : POLLIN) | (waiting ? POLLOUT : 0));
    std::array<pollfd, 3> descriptors = {
        {{.fd = protection_.fault_descriptor(), .events = POLLIN, .revents = 0},
         {.fd = unwakeable_ ? -1 : outbox_.get(), .events = POLLIN, .revents = 0},
         {.fd = channel_.get(), .events = events, .revents = 0}}};
    if (const int result = waiting_.wait(descriptors, due()); result < 0) lose("waiting", result);
    const Nanoseconds now = monotonic_now();
    if (now == 0) lose("the clock", -ENOTSUP);
    if (!waiting_.interrupted()) ++fruitless_;
    if (descriptors[0].revents) serve_faults(now);
    if (descriptors[1].revents) take_wake();
    if (stopping_.load()) return false;
    flush();
    if ((descriptors[2].revents & ~POLLOUT) && !receive(now)) return false;
    if (channel_over_ || waiting_.impossible()) {
        over(channel_over_ ? -EBADF : -EIO);
        return false;
    }
    if (timetable_.due() && *timetable_.due() <= now && !answer_) report_unasked(now);
    if (entered_rest_) beware_of_debugger(now);
    if (waiting_.notices()) beware_of_refusals(descriptors);
    if (unusable_ <= most_unusable_turns) return true;
    over(-EIO);
    return false;
}

// A filter may answer a call with what means that there is nothing to take, or no room. Where something is
// ready all the same it would be asked for without end.
void Tracker::beware_of_refusals(std::span<const pollfd> descriptors) {
    const bool ready = (descriptors[2].revents & (POLLIN | POLLOUT)) != 0;
    unusable_ = ready && fruitless_ > 0 && !short_of_memory_ ? unusable_ + 1 : 0;
    if (fruitless_ <= most_fruitless_turns) return;
    if (descriptors[0].revents) lose("taking faults", -EIO);
    if (descriptors[1].revents) {
        lose("the descriptor that wakes", -EIO);
        unwakeable_ = true;
    }
    (void)waiting_.pause();
}

// When to go on, though nothing is heard.
std::optional<Nanoseconds> Tracker::due() const {
    // An answer that waits for room goes first.
    std::optional<Nanoseconds> due = answer_ ? std::nullopt : timetable_.due();
    // Somebody may want to end the thread.
    if (unwakeable_)
        due = std::min(due.value_or(UINT64_MAX), monotonic_now() + constants::check_if_unwakeable);
    return due;
}

void Tracker::take_wake() {
    const int result = outbox_.quiet();
    if (result > 0) fruitless_ = 0;
    if (result >= 0) return;
    fruitless_ = 0;
    lose("the descriptor that wakes", result);
    unwakeable_ = outbox_.make_again() < 0;
}

// The daemon is gone, or cannot be heard.
void Tracker::over(int error) {
    notices_.tell_over(HVFB_EVENT_LOST, error);
    // Where it was not the daemon that did, it would show the surface on, and keep its name from being opened
    // again.
    channel_.hang_up();
    lost_ = true;
}

void Tracker::serve_faults(Nanoseconds now) {
    // If it rang while this process was stopped it says nothing of the store that waits now.
    if (alarm_.armed() && !alarm_.renew()) announce({});
    const int result = protection_.serve_faults([&](std::uint32_t page) {
        fruitless_ = 0;
        HVFB_PROBE1(hvfb, store, page);
        for (const Action& action : policy_.fault(page, now))
            if (const int failed = carry_out(action); failed < 0) return failed;
        pass(HookPoint::after_unprotect);
        if (policy_.in_burst()) timetable_.stored(now);
        return 0;
    });
    if (policy_.in_burst()) move_alarm();
    if (result < 0) lose("a fault", result);
    // Now that nobody waits.
    if (now - checked_for_debugger_ >= constants::between_debugger_checks) beware_of_debugger(now);
}

// One that has come since could stop this thread, and let a store that waits for it run.
void Tracker::beware_of_debugger(Nanoseconds now) {
    checked_for_debugger_ = now;
    entered_rest_ = false;
    if (!capabilities().announce || supervisor() == Supervisor::none) return;
    wants_grant_ = false;
    perform(policy_.forgo_announcements(now));
    protection_.forgo_announcements();
    name_it();
    if (debug_) std::fputs("hvfb: traced by a debugger: no store waits for the library any more\n", stderr);
}

void Tracker::perform(std::span<const Action> actions) {
    const auto is_report = [](const Action& action) { return action.kind == Action::Kind::report; };
    for (; !actions.empty(); actions = actions.subspan(1)) {
        if (const int result = carry_out(actions.front()); result < 0) {
            // What was left to be done is without meaning now, but an answer.
            const bool answering = std::any_of(actions.begin(), actions.end(), is_report);
            lose("tracking", result);
            if (answering) carry_out({.kind = Action::Kind::report});
            return;
        }
    }
}

int Tracker::carry_out(const Action& action) {
    int result = 0;
    switch (action.kind) {
        case Action::Kind::switch_watch:
            entered_rest_ = action.watch == Watch::synchronous;
            return protection_.switch_watch(action.watch);
        case Action::Kind::protect:
            result = protection_.protect(action.pages);
            pass(HookPoint::after_protect);
            return result;
        case Action::Kind::unprotect:
            return protection_.unprotect(action.pages, action.from);
        case Action::Kind::populate:
            protection_.populate(action.pages);
            return 0;
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

void Tracker::lose(const char* what, int error) {
    const bool had_any = capabilities().announce || capabilities().scan;
    wants_grant_ = false;
    protection_.lose();
    name_it();
    // Without tracking there is nothing to report without a COLLECT.
    reports_ = false;
    timetable_ = {};
    if (!tracked_ || !had_any) return;
    perform(policy_.lose());
    if (debug_)
        std::fprintf(stderr, "hvfb: stores are not tracked any more: %s: %s\n", what, std::strerror(-error));
}

}  // namespace hvfb
