#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>

#include "base/time.h"

struct sd_event;
struct sd_event_source;

namespace hvfbd {

// A registration with the loop: gone when destroyed. Must not outlive the loop. May be destroyed in its own
// callback.
class LoopSource {
  public:
    LoopSource() = default;
    explicit LoopSource(sd_event_source* source) : source_(source) {}
    LoopSource(LoopSource&& other) noexcept : source_(std::move(other.source_)) {}
    LoopSource& operator=(LoopSource&& other) noexcept = default;

    explicit operator bool() const { return source_ != nullptr; }
    void reset() { source_.reset(); }
    // For descriptors only: EPOLLIN and so on; 0 keeps it registered but silent but for hang-ups.
    void set_events(std::uint32_t events);
    // False: registered, but asleep; costs nothing.
    void set_enabled(bool enabled);
    // For alarms only: rings once at `at`, or never.
    void set_alarm(std::optional<Time> at);

  private:
    struct Unref {
        void operator()(sd_event_source* source) const;
    };
    std::unique_ptr<sd_event_source, Unref> source_;
};

// The daemon's one loop (sd-event), on one thread. Callbacks that throw end the dispatch: the exception
// leaves run_once(). One that could not have memory or a descriptor (is_shortage()) does not: the callback of
// a descriptor or an alarm is called again, until_again later, and must be written so that this is harmless.
class EventLoop {
  public:
    using AfterDispatch = std::function<void(Time now)>;
    static constexpr Duration until_again = std::chrono::milliseconds(100);

    EventLoop();
    EventLoop(const EventLoop&) = delete;
    EventLoop& operator=(const EventLoop&) = delete;
    ~EventLoop();

    // The time of this dispatch: the same for everything that happens in one.
    Time now() const;
    // The dispatches that did something, since the start.
    std::uint64_t dispatches() const { return dispatches_; }

    // Calls back while the descriptor has one of `events` (EPOLLIN...), or hangs up. The descriptor is
    // borrowed.
    LoopSource watch(int fd, std::uint32_t events, std::function<void(std::uint32_t events)> callback);
    // Calls back on the signal, which the caller has blocked before.
    LoopSource on_signal(int signal, std::function<void()> callback);
    // Before the loop waits: the place to ask a library which descriptor and time it wants.
    LoopSource before_wait(std::function<void()> callback);

    // One alarm, which wakes the loop at `at`, or never; each call replaces the last. Exact to a microsecond.
    class Alarm {
      public:
        Alarm(EventLoop& loop, std::function<void()> callback);
        Alarm(const Alarm&) = delete;
        Alarm& operator=(const Alarm&) = delete;
        void set(std::optional<Time> at);

      private:
        LoopSource source_;
        std::optional<Time> at_;
    };

    // Runs after every dispatch in which a callback ran: where facts become decisions.
    void after_dispatch(AfterDispatch callback) { after_dispatch_ = std::move(callback); }
    // Run before and after everything else of a dispatch that has something to do, but not while it waits.
    void around_dispatch(std::function<void()> begin, std::function<void()> end) {
        dispatch_begins_ = std::move(begin);
        dispatch_ends_ = std::move(end);
    }

    // Called with the reason why a callback is called again, once a minute at most.
    void on_shortage(std::function<void(const char* why)> callback) { short_of_ = std::move(callback); }

    // Waits until something happens, at most `timeout` (none: for ever), and handles it. False: nothing
    // happened.
    bool run_once(std::optional<Duration> timeout = std::nullopt);
    void run();  // until stop()
    void stop() { stopping_ = true; }

    sd_event* native() const { return event_.get(); }

  private:
    struct Unref {
        void operator()(sd_event* event) const;
    };
    // Exceptions must not cross sd-event's C code: they wait here until the dispatch is over.
    void guard_all(const std::function<void()>& callback) noexcept;
    // False: there was a shortage, and nothing waits.
    bool guard(const std::function<void()>& callback) noexcept;
    void say_shortage(const std::exception& why) noexcept;
    template <typename Function>
    LoopSource keep(sd_event_source* source, std::unique_ptr<Function> registration);

    std::unique_ptr<sd_event, Unref> event_;
    AfterDispatch after_dispatch_;
    std::function<void()> dispatch_begins_, dispatch_ends_;
    std::function<void(const char*)> short_of_;
    std::optional<Time> said_shortage_;
    std::exception_ptr failure_;
    std::uint64_t dispatches_ = 0;
    bool stopping_ = false;
};

}  // namespace hvfbd
