#include "clients/client_state.h"

#include <algorithm>
#include <utility>

#include "clients/changed_pages.h"

namespace hvfbd {

ClientState::ClientState(const Layout& layout, bool explicit_damage)
    : explicit_damage_(explicit_damage), damage_hints_(layout) {}

// The client takes it that its HELLO arrived, and would wait for ever for the state that says how to track.
// Until it turns out that it did, or comes after all, its stores are found without its help.
ClientState::ClientState(const Layout& layout, bool explicit_damage, const Handshake& handshake,
                         std::uint64_t first_serial, Time now)
    : ClientState(layout, explicit_damage) {
    hello_ = message::HelloCheck(handshake.made);
    take_flags(handshake.flags, now);
    first_serial_ = serial_ = answered_serial_ = first_serial;
}

std::optional<std::string_view> ClientState::receive(const message::FromClient& message, Time now) {
    if (auto violation = hello_.receive(message)) return violation;
    if (auto* hello = std::get_if<message::Hello>(&message)) {
        take_flags(hello->flags, now);
    } else if (auto* damaged = std::get_if<message::Damaged>(&message)) {
        on_damaged(*damaged, now);
    } else if (auto* written = std::get_if<message::Written>(&message)) {
        return on_written(*written, now);
    } else if (std::holds_alternative<message::Begin>(message)) {
        if (!frame_open_since_) frame_open_since_ = now;
    } else if (std::holds_alternative<message::End>(message)) {
        frame_open_since_.reset();
    } else if (auto* frame = std::get_if<message::Frame>(&message)) {
        request_frame(frame->frame, now);
    } else if (auto* configured = std::get_if<message::Configured>(&message)) {
        configured_ = configured->serial;
    } else if (auto* capabilities = std::get_if<message::Capabilities>(&message)) {
        take_flags(capabilities->flags, now);
    } else if (std::holds_alternative<message::Next>(message)) {
        return "it sent NEXT, which is for viewers, on a surface's channel";
    }
    return std::nullopt;
}

// What is drawn is found in another way from now on: nothing of what was found before, or what the client
// brought with it, is left out.
void ClientState::take_flags(std::uint32_t flags, Time now) {
    flags_ = flags;
    can_announce_ = flags & HVFB_HELLO_CAN_ANNOUNCE;
    can_track_ = can_announce_ || (flags & HVFB_HELLO_CAN_SCAN);
    can_report_ = can_track_ && (flags & HVFB_HELLO_CAN_REPORT);
    can_alarm_ = can_report_ && can_announce_ && (flags & HVFB_HELLO_CAN_ALARM);
    expect_damage(now);
}

void ClientState::on_damaged(const message::Damaged& damaged, Time now) {
    ++counts_.announcements;
    for (std::size_t i = 0; i < damaged.rectangle_count; ++i)
        damage_hints_.add_rectangle(damaged.rectangles[i]);
    // Of a tracked surface the pages only say that there is something to collect: WRITTEN will say it again,
    // once they are protected. Compared before that they would have to be compared twice.
    if (explicit_damage_) {
        for (std::size_t i = 0; i < damaged.page_count; ++i)
            damage_hints_.add_pages(damaged.pages[i].first, damaged.pages[i].count);
        if (damaged.rectangle_count == 0 && damaged.page_count == 0) damage_hints_.add_everything();
    }
    announce(now);
}

std::optional<std::string_view> ClientState::on_written(const message::Written& written, Time now) {
    bool late = written.serial > 0 && written.serial <= first_serial_;
    bool unasked = late || (written.serial == 0 && can_report_);
    if (!unasked && (!collecting_since_ || written.serial != serial_))
        return "it sent WRITTEN for a collection that is not under way";
    // The alarm does not come through the socket: only an answer to what was asked since is newer than it.
    if (!unasked && asked_since_) rang_ = false;
    // Everything announced before the answer was sent is in it. Not so a FRAME: the collection may have been
    // too early for what its client drew.
    if (!rang_ && (!frame_request_ || (!unasked && frame_request_->newest < *collecting_since_)))
        announced_since_.reset();
    if (!unasked) collecting_since_.reset();
    answered_serial_ = written.serial;
    only_open_ = written.only_open && unasked && (damage_hints_.empty() || only_open_);
    if (written.everything) damage_hints_.add_everything();
    for (std::size_t i = 0; i < written.page_count; ++i)
        damage_hints_.add_pages(written.pages[i].first, written.pages[i].count);
    caught_ |= !written.only_open && (written.faults > 0 || written.page_count > 0);
    unprotected_ = written.unprotected;
    counts_.faults += written.faults;
    if (written.unprotected) ++counts_.scans;
    if (written.tracker_state != tracker_state_) ++counts_.state_changes;
    tracker_state_ = written.tracker_state;
    if (!damage_hints_.empty() && !reported_since_) reported_since_ = now;
    return std::nullopt;
}

bool ClientState::reports() const {
    return can_report_ && !explicit_damage_ &&
           (tracker_state_ == HVFB_TRACKER_RESTING || tracker_state_ == HVFB_TRACKER_SCANNING);
}

void ClientState::note_compared(std::vector<message::PageRange> pages) {
    if (compared_) pages.insert(pages.end(), compared_->begin(), compared_->end());
    std::ranges::sort(pages, {}, &message::PageRange::first);
    compared_.emplace();
    for (const message::PageRange& range : pages) append(range, *compared_);
}

void ClientState::request_frame(std::uint64_t frame, Time now) {
    if (!frame_request_) frame_waits_.start(now);
    frame_request_ = FrameRequest{frame, frame_request_ ? frame_request_->since : now, now};
    announce(now);
}

void ClientState::frame_answered(std::uint64_t frame) {
    if (!frame_request_) return;
    if (frame_request_->frame <= frame) {
        frame_request_.reset();
        frame_waits_.stop();
    } else {
        frame_request_->since = frame_request_->newest;
        frame_waits_.start(frame_request_->newest);
    }
}

bool ClientState::frame_overdue(Duration limit, Time now) {
    frame_waits_.set_limit(limit);
    return frame_waits_.reached(now);
}

void ClientState::announce(Time now) {
    if (!announced_since_) announced_since_ = now;
}

void ClientState::rang(Time now) {
    ++counts_.announcements;
    rang_ = true;
    asked_since_ = false;
    announce(now);
}

std::optional<Time> ClientState::damaged_since() const {
    // While an answer is owed there is nothing to compare but what was reported before.
    if (collecting_since_ && damage_hints_.empty()) return std::nullopt;
    if (announced_since_ && reported_since_) return std::min(*announced_since_, *reported_since_);
    return announced_since_ ? announced_since_ : reported_since_;
}

void ClientState::compared() {
    damage_hints_.clear();
    caught_ = false;
    reported_since_.reset();
}

std::uint64_t ClientState::begin_collection(Time now) {
    collecting_since_ = now;
    asked_since_ = true;
    return ++serial_;
}

void ClientState::start_over(const Layout& layout, Time now) {
    damage_hints_ = DamageHints(layout);
    compared_.reset();
    expect_damage(now);
}

std::string_view ClientState::tracker_state() const {
    if (explicit_damage_) return "none";
    if (polled()) return "polled";
    switch (tracker_state_) {
        case HVFB_TRACKER_RESTING:
            return "resting";
        case HVFB_TRACKER_SCANNING:
            return "scanning";
        case HVFB_TRACKER_COMPARING:
            return "comparing";
        case HVFB_TRACKER_POLLED:
            return "polled";
        default:
            return "off";
    }
}

}  // namespace hvfbd
