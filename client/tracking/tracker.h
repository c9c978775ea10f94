#pragma once

#include <poll.h>
#include <pthread.h>

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>

#include "channel.h"
#include "mapping.h"
#include "notices.h"
#include "outbox.h"
#include "tracking/alarm.h"
#include "tracking/policy.h"
#include "tracking/protection.h"
#include "tracking/timetable.h"
#include "tracking/waiting.h"

namespace hvfb {

// The library's thread of one surface: serves faults, answers the daemon, passes on what it says. Between
// start and stop all but `name`, `offered` is the thread's. While a fault is open it takes no lock, allocates
// nothing and waits for nobody, for a thread of the program is stopped then. It sleeps without a time-out
// but while there is something to report, or a store would not be announced.
class Tracker {
  public:
    // What it works with, which outlives it.
    Tracker(Channel& channel, Notices& notices, Outbox& outbox);
    ~Tracker() { (void)stop(); }
    Tracker(const Tracker&) = delete;
    Tracker& operator=(const Tracker&) = delete;

    // Takes what this process may have, but what `forbidden` names, a list of no-announce and no-scan.
    void acquire(const char* forbidden);
    Capabilities capabilities() const { return protection_.capabilities(); }
    // Whether HELLO asks the daemon for a userfaultfd: this process may not make one that rests.
    bool wants_grant() const { return wants_grant_; }
    // As hvfb_surface_tracking.
    const char* name() const { return name_.load(); }

    // Starts the thread for this memory. It goes on with what the daemon last said, unless `afresh`.
    // 0 or a negative errno.
    int start(Memory memory, bool afresh);
    // Ends it; nothing is protected then. False: it cannot be woken, and goes on; whatever it works with has
    // to stay.
    [[nodiscard]] bool stop();
    // What the thread calls when the daemon is gone. True: there is one again, and it begins afresh.
    void when_lost(bool (*come_back)(void*), void* context) {
        come_back_ = come_back;
        context_ = context;
    }
    bool stopping() const { return stopping_.load(); }  // for that
    // In a child after fork there is no thread.
    void abandon();

    // A new buffer that the daemon offered. Whether there is one may be asked by any thread; taken while
    // stopped.
    struct Offer {
        std::uint64_t serial = 0;
        Layout layout;
        Descriptor buffer;
    };
    bool offered() const { return offered_.load(); }
    Offer& offer() { return offer_; }
    void forget_offer();

  private:
    void run();
    bool begin(bool afresh);
    bool go_on_with_next();
    bool dispatch();  // false: no more
    std::optional<Nanoseconds> due() const;
    void take_wake();
    void beware_of_refusals(std::span<const pollfd> descriptors);
    void over(int error);
    void serve_faults(Nanoseconds now);
    bool receive(Nanoseconds now);
    bool handle(Channel::Received& received, Nanoseconds now);
    void answer(std::uint64_t serial, Nanoseconds now);
    void report_unasked(Nanoseconds now);
    void move_alarm();
    void announce(Pages pages);
    void send(const Report& report);
    bool sent(int result);
    void track(Nanoseconds now);
    // Adds what the daemon's device makes possible: in tracker_grant.cpp.
    void take_grant(const Descriptor& device, Nanoseconds now);
    bool say_capabilities();  // false: there is no room
    void perform(std::span<const Action> actions);
    int carry_out(const Action& action);
    void lose(const char* what, int error);
    void beware_of_debugger(Nanoseconds now);
    void flush();
    void name_it();

    Channel& channel_;
    Notices& notices_;
    Outbox& outbox_;
    Protection protection_;
    Policy policy_;
    Timetable timetable_;
    std::atomic<const char*> name_{"none"};
    std::atomic<bool> stopping_{false}, offered_{false};
    pthread_t thread_ = {};
    bool running_ = false, tracked_ = false, debug_ = false;

    bool (*come_back_)(void*) = nullptr;
    void* context_ = nullptr;
    std::uint32_t pages_ = 0, page_size_ = 1;
    bool lost_ = false;
    bool reports_ = false;  // as HELLO or CAPABILITIES said
    // granted_: what CAPABILITIES said counts on this channel, and not HELLO.
    bool wants_grant_ = false, granted_ = false, capabilities_owed_ = false;
    std::uint64_t taken_serial_ = 0;  // of the newest offer that was taken, or refused
    Offer offer_;
    Prices prices_;
    Alarm alarm_;
    Waiting waiting_;
    bool unwakeable_ = false;    // by the bell
    bool channel_over_ = false;  // sending is refused
    bool entered_rest_ = false;
    bool short_of_memory_ = false;  // the last packet found none in the kernel
    unsigned fruitless_ = 0;        // dispatches in a row that took nothing
    unsigned unusable_ = 0;         // of these, in a row, with a channel that was ready
    Nanoseconds checked_for_debugger_ = 0;
    std::optional<message::State> state_;  // the newest
    std::uint64_t serial_ = 0;             // of the collection that is being answered; 0: of none
    Report::Summary reported_ = {};        // of the last report that was sent
    // What waits for room in the channel. An answer before an announcement.
    struct Answer {
        std::uint64_t serial;
        Report report;
        bool last_word = true;  // nothing was announced since it was made
    };
    std::optional<Answer> answer_;
    std::optional<Pages> announcement_;
};

}  // namespace hvfb
