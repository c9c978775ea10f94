#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/layout.h"
#include "base/running_timer.h"
#include "base/time.h"
#include "clients/damage_hints.h"
#include "clients/messages.h"
#include "clients/saved.h"

namespace hvfbd {

// What one client has reported: the facts that the display decides by. Pure: messages and times in, facts
// out.
//
// A collection is COLLECT answered by WRITTEN; one is under way at a time. What is reported written stays
// a damage hint until it has been compared, so nothing is lost when a present fails or another surface is
// shown meanwhile.
class ClientState {
  public:
    explicit ClientState(const Layout& layout, bool explicit_damage);
    // Restores that of a client that another process of the daemon served. What that one received last is not
    // known, so all of the surface is to be compared. Serials begin above `first_serial`; answers to those
    // below were asked for by a process before.
    ClientState(const Layout& layout, bool explicit_damage, const Handshake& handshake,
                std::uint64_t first_serial, Time now);

    // Takes one message. Returns why the client must be hung up, if it must.
    std::optional<std::string_view> receive(const message::FromClient& message, Time now);

    // ---- how it tracks
    bool handshake_complete() const { return hello_.complete(); }
    Handshake handshake() const { return {hello_.received(), flags_}; }
    bool explicit_damage() const { return explicit_damage_; }
    // Its stores are found by comparing everything: it has no tracker, or tracking is pinned to compare.
    bool polled() const { return handshake_complete() && !explicit_damage_ && !can_track_; }
    std::string_view tracker_state() const;

    // ---- what there is to compare
    DamageHints& damage_hints() { return damage_hints_; }
    const DamageHints& damage_hints() const { return damage_hints_; }
    // Since when something is known that has not been compared: announced, or reported written.
    std::optional<Time> damaged_since() const;
    void announce(Time now);  // as if the client had
    // Everything may have changed.
    void expect_damage(Time now) {
        damage_hints_.add_everything();
        announce(now);
    }
    // The alarm that it set rang: it could not report in time.
    void rang(Time now);
    bool sets_alarm() const { return can_alarm_; }
    // It may not make a userfaultfd that rests, and would take one.
    bool wants_userfaultfd() const {
        return !explicit_damage_ && !can_announce_ && (flags_ & HVFB_HELLO_WANTS_USERFAULTFD);
    }
    // A frame begins: it shows what was announced until now, and nothing that is announced before it ends.
    void frame_begins() { announced_since_.reset(); }
    // All damage hints have been compared.
    void compared();
    // A store would not be announced now: compare again without being asked.
    bool unprotected() const { return unprotected_; }
    bool can_report() const { return can_report_; }
    // It sends WRITTEN without being asked, when what it announced has settled, and paces that itself.
    bool reports() const;
    // Of the two states in which it reports: what it found written is protected again.
    bool scans() const { return tracker_state_ == HVFB_TRACKER_SCANNING; }
    // Something was reported that has not been compared.
    bool reported() const { return reported_since_.has_value(); }
    // The next report has all these damage hints again, and nothing was found written: they may be skipped.
    bool only_open() const { return only_open_ && !damage_hints_.everything(); }
    // A write was caught that was not compared yet, by a fault or a scan.
    bool caught() const { return caught_; }
    // It announces stores by itself once it rests.
    bool can_rest() const { return can_announce_ && tracker_state_ != HVFB_TRACKER_POLLED; }

    // ---- collections
    // The serial for a COLLECT to send now. None may be under way.
    std::uint64_t begin_collection(Time now);
    bool collecting() const { return collecting_since_.has_value(); }
    std::uint64_t answered_serial() const { return answered_serial_; }
    // Of the pages reported since the last COMPARED these differed: for the next one.
    void note_compared(std::vector<message::PageRange> pages);
    std::optional<std::vector<message::PageRange>> take_compared() { return std::exchange(compared_, {}); }

    // ---- frames
    std::optional<Time> frame_open_since() const { return frame_open_since_; }
    void close_frame() { frame_open_since_.reset(); }
    // The newest frame that was asked for and not yet answered.
    struct FrameRequest {
        std::uint64_t frame;
        Time since;   // the oldest one was asked then
        Time newest;  // and this one then
    };
    const std::optional<FrameRequest>& frame_request() const { return frame_request_; }
    // As if the client had sent FRAME: it did so to a process before.
    void request_frame(std::uint64_t frame, Time now);
    // Whether that has waited for as long as this while this process could run, and when to ask again.
    bool frame_overdue(Duration limit, Time now);
    std::optional<Time> frame_due() const { return frame_waits_.due(); }
    // Frames up to this one are answered; one that was asked for since then is still to be.
    void frame_answered(std::uint64_t frame);

    // ---- the buffer
    std::optional<std::uint64_t> take_configured() { return std::exchange(configured_, {}); }
    // A new buffer: no damage hint of the old one holds.
    void start_over(const Layout& layout, Time now);

    // ---- counted for the statistics, since the last time they were taken
    struct Counts {
        std::uint64_t announcements = 0, faults = 0, scans = 0, state_changes = 0;
    };
    Counts take_counts() { return std::exchange(counts_, {}); }

  private:
    void take_flags(std::uint32_t flags, Time now);
    void on_damaged(const message::Damaged& damaged, Time now);
    std::optional<std::string_view> on_written(const message::Written& written, Time now);

    bool explicit_damage_;
    message::HelloCheck hello_;
    bool can_track_ = false, can_announce_ = false, can_report_ = false, can_alarm_ = false;
    std::uint32_t flags_ = 0;
    std::uint64_t first_serial_ = 0;
    std::uint32_t tracker_state_ = HVFB_TRACKER_OFF;
    DamageHints damage_hints_;
    RunningTimer frame_waits_{Duration{}, 4};  // runs while a frame is to be answered
    std::optional<Time> announced_since_, reported_since_, collecting_since_, frame_open_since_;
    bool unprotected_ = false, only_open_ = false, caught_ = false;
    // The alarm rang, and no collection that was begun since has been answered.
    bool rang_ = false, asked_since_ = false;
    std::uint64_t serial_ = 0;           // of the last COLLECT
    std::uint64_t answered_serial_ = 0;  // of the last WRITTEN
    std::optional<std::vector<message::PageRange>> compared_;
    std::optional<FrameRequest> frame_request_;
    std::optional<std::uint64_t> configured_;
    Counts counts_;
};

}  // namespace hvfbd
