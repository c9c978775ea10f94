// What the daemon says to the tracker, and what it hears.
#include <hvfb/hvfb.h>

#include <cerrno>
#include <utility>
#include <variant>

#include "tracking/constants.h"
#include "tracking/tracker.h"

namespace hvfb {

namespace {

// So that a daemon that sends without end cannot keep faults waiting.
constexpr int messages_a_turn = 16;

}  // namespace

bool Tracker::receive(Nanoseconds now) {
    Channel::Received received;
    for (int i = 0; i < messages_a_turn; ++i) {
        const int result = i == 0 ? channel_.receive(received) : channel_.receive_more(received);
        if (result == 0) return true;
        if (result < 0) {
            over(result);
            return false;
        }
        fruitless_ = 0;
        if (!handle(received, now)) return false;
        if (answer_) return true;
    }
    return true;
}

bool Tracker::handle(Channel::Received& received, Nanoseconds now) {
    auto& message = received.message;
    if (auto* collect = std::get_if<message::Collect>(&message)) {
        answer(collect->serial, now);
    } else if (auto* compared = std::get_if<message::Compared>(&message)) {
        if (compared->everything) policy_.differed({0, UINT32_MAX}, now);
        for (std::size_t i = 0; i < compared->count; ++i) policy_.differed(compared->pages[i], now);
    } else if (auto* state = std::get_if<message::State>(&message)) {
        state_ = *state;
        track(now);
        notices_.tell_shown(state->visible && state->active);
    } else if (std::holds_alternative<message::Alarm>(message)) {
        // Without an alarm every store is announced, as to a daemon that has none.
        if (received.descriptor)
            alarm_.take(std::move(received.descriptor));
        else
            alarm_.forget();
    } else if (std::holds_alternative<message::Userfaultfd>(message)) {
        take_grant(received.descriptor, now);
    } else if (auto* presented = std::get_if<message::Presented>(&message)) {
        notices_.tell_presented(*presented);
    } else if (std::holds_alternative<message::Hello>(message)) {
        // Sent again by a process of the daemon that restored the state of another one. This one may not know
        // the last messages to that one; and that one may have received a frame before it sent anything.
        outbox_.frame_again(notices_.answered());
        capabilities_owed_ = granted_;
    } else if (auto* configure = std::get_if<message::Configure>(&message)) {
        // Offered again, because the daemon that heard the answer has ended.
        if (configure->serial <= taken_serial_) return true;
        if (!received.descriptor) {
            // The one before it would not be shown any more.
            forget_offer();
            return true;
        }
        offer_ = {configure->serial, configure->layout, std::move(received.descriptor)};
        offered_.store(true);
        notices_.tell(HVFB_EVENT_CONFIGURE);
    } else if (std::holds_alternative<message::Revoked>(message)) {
        notices_.tell_over(HVFB_EVENT_REVOKED, -ECANCELED);
        return false;
    }
    return true;
}

void Tracker::track(Nanoseconds now) {
    if (!tracked_ || !state_) return;
    // Without a tracker HELLO did not offer it, and the daemon does not take it.
    timetable_.follow(reports_ && state_->report && state_->tracking != Tracking::off, state_->interval,
                      state_->settle);
    perform(policy_.want(state_->tracking, state_->idle_timeout, now));
}

void Tracker::answer(std::uint64_t serial, Nanoseconds now) {
    serial_ = serial;
    perform(policy_.collect(now));
    perform(policy_.conclude(now));
    flush();
}

void Tracker::report_unasked(Nanoseconds now) {
    if (policy_.in_burst() && timetable_.wait_for_more(now)) {
        perform(policy_.watch_burst(now));
        move_alarm();
        return;
    }
    serial_ = 0;
    perform(policy_.collect(now));
    perform(policy_.conclude(now));
}

// With the time at which the report is due.
void Tracker::move_alarm() {
    if (alarm_.armed() && timetable_.due() && !alarm_.set(*timetable_.due() + constants::alarm_after_due))
        announce({});
}

void Tracker::announce(Pages pages) {
    timetable_.announced(monotonic_now());
    if (answer_) answer_->last_word = false;
    // What a report will say by itself need not wake the daemon before: the alarm does, if this process is
    // stopped until then.
    const auto due = timetable_.due();
    if (pages.count > 0 && due && alarm_.set(*due + constants::alarm_after_due)) return;
    announcement_ = pages;
    flush();
}

void Tracker::send(const Report& report) {
    const Nanoseconds now = monotonic_now();
    const bool found = now - policy_.last_activity() < constants::busy_for;
    const bool reports = report.state == TrackerState::resting || report.state == TrackerState::scanning;
    timetable_.reported(now, found, reports && report.unprotected, capabilities().announce);
    if (serial_ == 0 && report.empty() && report.summary() == reported_) return;
    reported_ = report.summary();
    // What was announced is in it.
    announcement_.reset();
    answer_ = Answer{.serial = serial_, .report = report};
}

// False: there is no room. That the daemon hung up is left to receive, which finds it after the last message.
bool Tracker::sent(int result) {
    short_of_memory_ = result == -ENOBUFS;
    if (Channel::later(result)) return false;
    if (result >= 0)
        fruitless_ = 0;
    else if (result != -EPIPE && result != -ECONNRESET)
        channel_over_ = true;
    return true;
}

void Tracker::flush() {
    // First: what follows may rely on it.
    if (capabilities_owed_ && !say_capabilities()) return;
    message::Packet packet;
    if (answer_) {
        message::encode_written(packet, answer_->serial, answer_->report);
        if (!sent(channel_.send(packet))) return;
        if (answer_->last_word) alarm_.disarm();
        answer_.reset();
    }
    if (announcement_) {
        if (announcement_->count > 0)
            message::encode_damaged(packet, *announcement_);
        else
            message::encode_damaged_somewhere(packet);
        if (!sent(channel_.send(packet))) return;
        announcement_.reset();
    }
    if (outbox_.owing()) sent(outbox_.flush());
}

}  // namespace hvfb
