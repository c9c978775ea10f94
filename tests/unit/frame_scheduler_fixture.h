#pragma once

// A scheduler under a clock of the test's, and around it what the test says.
#include "display/frame_scheduler.h"

#include <gtest/gtest.h>

#include <functional>
#include <vector>

namespace hvfbd {

using namespace std::chrono_literals;
// A scheduler, and around it a client, a surface and a host that do what the test says.
struct AFrameScheduler : testing::Test {
    using Action = FrameScheduler::Action;
    using Kind = Action::Kind;
    using State = FrameScheduler::State;
    using Presented = FrameScheduler::Presented;
    using Inhibitor = FrameScheduler::Inhibitor;

    FrameScheduler scheduler;
    FrameScheduler::Settings settings{50ms, 1ms, false};
    DamageSource source;
    const Time start{10h};
    Time now = start;

    bool differs = false;                                          // shadow from front, until it is compared
    bool host_refuses = false;                                     // every present
    bool answers = true;                                           // the client, COLLECT, at once
    bool pending_damage = false;                                   // compared, not yet presented
    std::vector<Duration> collects, compares, presents, refusals;  // after `start`
    std::vector<bool> begins, whole;                               // of each in `compares`
    unsigned wakeups = 0;
    Action last;

    AFrameScheduler() {
        source.exists = source.tracked = true;
        set(settings);
    }
    void set(const FrameScheduler::Settings& to) { scheduler.settings_changed(settings = to); }
    void explicit_client() { source.tracked = false; }
    void polled_client() { source.whole = source.polled = true; }

    // The client stored something and announced it; nothing: it announced for nothing.
    void announce(bool stored = true) {
        differs |= stored;
        if (!source.tracked) source.hinted = true;
        if (!source.damaged_since) source.damaged_since = now;
    }
    void answer() {
        source.answer_owed = false;
        source.hinted = true;
    }

    static Duration first_of(const std::vector<Duration>& times) {
        return times.empty() ? -1ns : times.front();
    }
    static Duration last_of(const std::vector<Duration>& times) {
        return times.empty() ? -1ns : times.back();
    }

    // Does what is to be done now. When to go on.
    std::optional<Time> dispatch() {
        for (unsigned actions = 0; actions < 20; ++actions) {
            last = scheduler.next(source, now);
            switch (last.kind) {
                case Kind::rest:
                    return std::nullopt;
                case Kind::wake:
                    return last.at;
                case Kind::collect:
                    collects.push_back(now - start);
                    source.damaged_since.reset();
                    source.answer_owed = true;
                    if (answers) answer();
                    break;
                case Kind::compare:
                    compare();
                    break;
                case Kind::present:
                    present();
                    break;
            }
        }
        ADD_FAILURE() << "it does not come to an end";
        return std::nullopt;
    }
    void compare() {
        compares.push_back(now - start);
        begins.push_back(last.begins);
        whole.push_back(last.whole);
        if (last.recheck) scheduler.rechecked(differs, now);
        if (last.damage) {
            source.hinted = source.reported = false;
            source.damaged_since.reset();
        }
        pending_damage |= differs;
        scheduler.compared(std::exchange(differs, false));
    }
    void present() {
        bool something = pending_damage || settings.periodic;
        Presented presented = !something     ? Presented::nothing
                              : host_refuses ? Presented::refused
                                             : Presented::done;
        if (presented == Presented::done) pending_damage = false;
        if (presented != Presented::nothing)
            (presented == Presented::done ? presents : refusals).push_back(now - start);
        scheduler.presented(presented, now);
    }
    // Lets time pass; `each` happens before every dispatch.
    void run(Duration time, const std::function<void()>& each = {}) {
        const Time end = now + time;
        for (;;) {
            if (each) each();
            std::optional<Time> at = dispatch();
            if (!at || *at > end) break;
            ASSERT_TRUE(*at > now || wakeups < 100'000) << "it wakes without end";
            now = *at;
            ++wakeups;
        }
        now = end;
    }
    // The same, and the client stores and announces after every such time.
    void draw(Duration time, Duration every) {
        for (const Time end = now + time; now < end;) {
            announce();
            run(every);
        }
    }
};

}  // namespace hvfbd
