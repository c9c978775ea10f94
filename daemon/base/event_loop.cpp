#include "base/event_loop.h"

#include <systemd/sd-event.h>

#include <utility>

#include "base/error.h"

namespace hvfbd {

namespace {

// What a source calls, its `userdata`.
struct Registration {
    bool dropped = false;  // in its own callback: nothing may be asked of the source any more
};

void demand(int result, const char* tried) {
    if (result < 0) throw_errno(tried, -result);
}

std::uint64_t microseconds(Time time) {
    // Rounded up: an alarm must not ring before its time, or the decision it was set for is "not yet" once
    // more.
    return static_cast<std::uint64_t>(
        std::chrono::ceil<std::chrono::microseconds>(time.time_since_epoch()).count());
}

}  // namespace

void LoopSource::Unref::operator()(sd_event_source* source) const {
    if (!source) return;
    if (void* registration = sd_event_source_get_userdata(source))
        static_cast<Registration*>(registration)->dropped = true;
    sd_event_source_disable_unref(source);
}

void LoopSource::set_events(std::uint32_t events) {
    demand(sd_event_source_set_io_events(source_.get(), events), "change what the loop watches");
}

void LoopSource::set_enabled(bool enabled) {
    demand(sd_event_source_set_enabled(source_.get(), enabled ? SD_EVENT_ON : SD_EVENT_OFF),
           "switch a source of the loop");
}

void EventLoop::Unref::operator()(sd_event* event) const {
    sd_event_unref(event);
}

EventLoop::EventLoop() {
    sd_event* event = nullptr;
    demand(sd_event_new(&event), "make an event loop");
    event_.reset(event);
}

EventLoop::~EventLoop() = default;

Time EventLoop::now() const {
    std::uint64_t now = 0;
    // Before its first dispatch the loop has no time of its own yet and sd-event answers with the clock's.
    demand(sd_event_now(event_.get(), CLOCK_MONOTONIC, &now), "read the loop's time");
    return Time{std::chrono::microseconds{now}};
}

void EventLoop::guard_all(const std::function<void()>& callback) noexcept {
    try {
        callback();
    } catch (...) {
        if (!failure_) failure_ = std::current_exception();
    }
}

bool EventLoop::guard(const std::function<void()>& callback) noexcept {
    try {
        callback();
        return true;
    } catch (const std::exception& exception) {
        if (!is_shortage(exception)) {
            if (!failure_) failure_ = std::current_exception();
            return true;
        }
        say_shortage(exception);
        return false;
    } catch (...) {
        if (!failure_) failure_ = std::current_exception();
        return true;
    }
}

void EventLoop::say_shortage(const std::exception& why) noexcept {
    constexpr Duration between = std::chrono::minutes(1);
    Time now = clock_now();
    if (!short_of_ || (said_shortage_ && now < *said_shortage_ + between)) return;
    said_shortage_ = now;
    try {
        short_of_(why.what());
    } catch (const std::exception&) {
        // There is no memory to say so.
    }
}

template <typename Function>
LoopSource EventLoop::keep(sd_event_source* source, std::unique_ptr<Function> registration) {
    LoopSource kept{source};
    // sd-event frees a source that is dropped in its own callback only after that callback: so does this.
    demand(sd_event_source_set_destroy_callback(
               source,
               [](void* userdata) { delete static_cast<Function*>(static_cast<Registration*>(userdata)); }),
           "register with the loop");
    [[maybe_unused]] Function* owned_by_source = registration.release();
    return kept;
}

namespace {

// The descriptor stays ready: without a limit its callback would keep the loop busy. The first call after
// this is not counted.
void call_less(sd_event_source* source, bool less) {
    constexpr std::chrono::microseconds interval =
        std::chrono::duration_cast<std::chrono::microseconds>(EventLoop::until_again);
    sd_event_source_set_ratelimit(source, less ? static_cast<std::uint64_t>(interval.count()) : 0,
                                  less ? 1 : 0);
}

// An alarm has rung, and its callback may have set it again.
void ring_again(sd_event_source* source, Time now) {
    int enabled = SD_EVENT_OFF;
    if (sd_event_source_get_enabled(source, &enabled) < 0 || enabled != SD_EVENT_OFF) return;
    sd_event_source_set_time(source, microseconds(now + EventLoop::until_again));
    sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

struct DescriptorCallback : Registration {
    std::function<bool(const std::function<void()>&)> guard;
    std::function<void(std::uint32_t)> callback;
    bool called_less = false;
};

struct PlainCallback : Registration {
    std::function<bool(const std::function<void()>&)> guard;
    std::function<void()> callback;
};

}  // namespace

LoopSource EventLoop::watch(int fd, std::uint32_t events, std::function<void(std::uint32_t)> callback) {
    sd_event_source* source = nullptr;
    auto trampoline = [](sd_event_source* of, int, std::uint32_t revents, void* userdata) {
        auto* registration = static_cast<DescriptorCallback*>(static_cast<Registration*>(userdata));
        bool less = !registration->guard([=] { registration->callback(revents); });
        if (!registration->dropped && (less || registration->called_less)) call_less(of, less);
        registration->called_less = less;
        return 0;
    };
    auto registration = std::make_unique<DescriptorCallback>(
        DescriptorCallback{{}, [this](const auto& call) { return guard(call); }, std::move(callback)});
    int result = sd_event_add_io(event_.get(), &source, fd, events, trampoline,
                                 static_cast<Registration*>(registration.get()));
    demand(result,
           result == -ENOSPC
               ? "watch a descriptor (hvfbd's user has no watch left: sysctl fs.epoll.max_user_watches)"
               : "watch a descriptor");
    return keep(source, std::move(registration));
}

LoopSource EventLoop::on_signal(int signal, std::function<void()> callback) {
    sd_event_source* source = nullptr;
    auto trampoline = [](sd_event_source*, const struct signalfd_siginfo*, void* userdata) {
        auto* registration = static_cast<PlainCallback*>(static_cast<Registration*>(userdata));
        registration->guard(registration->callback);
        return 0;
    };
    // A signal does not come again: its callback has to do what it is for, or the dispatch ends.
    auto registration = std::make_unique<PlainCallback>(PlainCallback{{},
                                                                      [this](const auto& call) {
                                                                          guard_all(call);
                                                                          return true;
                                                                      },
                                                                      std::move(callback)});
    demand(sd_event_add_signal(event_.get(), &source, signal, trampoline,
                               static_cast<Registration*>(registration.get())),
           "watch a signal");
    return keep(source, std::move(registration));
}

LoopSource EventLoop::before_wait(std::function<void()> callback) {
    sd_event_source* source = nullptr;
    auto never = [](sd_event_source*, std::uint64_t, void*) { return 0; };
    auto trampoline = [](sd_event_source*, void* userdata) {
        auto* registration = static_cast<PlainCallback*>(static_cast<Registration*>(userdata));
        registration->guard(registration->callback);
        return 0;
    };
    // An alarm that never rings; only its prepare callback is wanted. (A post source would do nothing either,
    // but be dispatched after everything else, and so double the dispatches.)
    auto registration = std::make_unique<PlainCallback>(
        PlainCallback{{}, [this](const auto& call) { return guard(call); }, std::move(callback)});
    demand(sd_event_add_time(event_.get(), &source, CLOCK_MONOTONIC, UINT64_MAX, 0, never,
                             static_cast<Registration*>(registration.get())),
           "prepare the loop's wait");
    LoopSource kept = keep(source, std::move(registration));
    demand(sd_event_source_set_prepare(source, trampoline), "prepare the loop's wait");
    return kept;
}

EventLoop::Alarm::Alarm(EventLoop& loop, std::function<void()> callback) {
    sd_event_source* source = nullptr;
    auto trampoline = [](sd_event_source* of, std::uint64_t, void* userdata) {
        auto* registration = static_cast<PlainCallback*>(static_cast<Registration*>(userdata));
        if (!registration->guard(registration->callback) && !registration->dropped)
            ring_again(of, clock_now());
        return 0;
    };
    // Accuracy 1 µs: sd-event's default of 250 ms would make a frame of a delay.
    auto registration = std::make_unique<PlainCallback>(PlainCallback{{},
                                                                      [this, &loop](const auto& call) {
                                                                          at_.reset();
                                                                          return loop.guard(call);
                                                                      },
                                                                      std::move(callback)});
    demand(sd_event_add_time(loop.event_.get(), &source, CLOCK_MONOTONIC, 0, 1, trampoline,
                             static_cast<Registration*>(registration.get())),
           "make an alarm");
    source_ = loop.keep(source, std::move(registration));
    source_.set_enabled(false);
}

void EventLoop::Alarm::set(std::optional<Time> at) {
    if (at == at_) return;
    at_ = at;
    source_.set_alarm(at);
}

void LoopSource::set_alarm(std::optional<Time> at) {
    if (!at) {
        set_enabled(false);
        return;
    }
    demand(sd_event_source_set_time(source_.get(), microseconds(*at)), "set an alarm");
    demand(sd_event_source_set_enabled(source_.get(), SD_EVENT_ONESHOT), "set an alarm");
}

bool EventLoop::run_once(std::optional<Duration> timeout) {
    std::uint64_t wait = UINT64_MAX;
    if (timeout)
        wait = static_cast<std::uint64_t>(std::chrono::ceil<std::chrono::microseconds>(*timeout).count());
    int result = sd_event_prepare(event_.get());
    demand(result, "prepare the event loop");
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
    if (result == 0) result = sd_event_wait(event_.get(), wait);
    demand(result, "wait in the event loop");
    bool something = result > 0;
    if (something) {
        ++dispatches_;
        if (dispatch_begins_) dispatch_begins_();
        demand(sd_event_dispatch(event_.get()), "run the event loop");
        if (after_dispatch_) guard([this] { after_dispatch_(now()); });
        if (dispatch_ends_) dispatch_ends_();
    }
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
    return something;
}

void EventLoop::run() {
    while (!stopping_) run_once();
}

}  // namespace hvfbd
