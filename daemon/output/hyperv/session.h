#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/layout.h"
#include "base/running_timer.h"
#include "base/time.h"
#include "output/hyperv/synthvid.h"

namespace hvfbd::hyperv {

// One session with the host after another: handshake, life, death, again. Pure: messages and time go in,
// messages and what they mean come out.
//
//   closed --opened()--> version -> resolutions (from 3.5 on) -> memory -> active
//     ^                                                                      |
//     +------- closed(): backs off; wants_channel() says when ---- failure() +
class Session {
  public:
    struct Timing {
        Duration step = std::chrono::seconds(10);  // VSP_TIMEOUT of Linux's drivers
        Duration first_back_off = std::chrono::seconds(1), longest_back_off = std::chrono::seconds(60);
    };
    struct Options {
        std::optional<Mode> mode;    // none: whatever the host prefers, if it fits
        std::optional<Mode> before;  // that of the process before: until the host has been asked
        bool assume_visible = true;  // until the host says whether somebody looks; some never do
        Timing timing = {};
    };
    enum class State { closed, version, resolutions, memory, active };

    explicit Session(const Options& options);

    // What an active session is, for another process to restore it on the same channel.
    struct Saved {
        std::uint32_t version = 0;
        std::optional<Mode> chosen, preferred;
        Mode mode;
        std::vector<Mode> modes;
        std::uint64_t situation = 0;  // the last one's context; 0: the host was not told the mode yet
        bool acknowledges = false, tolerates_silence = false, owed = false;  // owed: an acknowledgement
        std::uint8_t wanted = 0;                                             // messages to be sent, as bits
        std::optional<synthvid::FeatureChange> features;
    };
    // None: it is not active, and is to begin anew.
    std::optional<Saved> save() const;
    // False: that cannot have been one with this memory. Then all is as before.
    bool restore(const Saved& saved, std::uint64_t vram_size, Time now);
    // The mode that is wished for by now, also by later sessions; none: what the host prefers. The mode that
    // is shown stays where that does not fit.
    void wish(std::optional<Mode> mode);

    // ---- the channel
    // It is open; the video memory lies there, and the host takes its messages from now on.
    void opened(std::uint64_t vram_address, std::uint64_t vram_size, Time now);
    // It is closed, or could not be opened: back off.
    void closed(Time now);
    // Whatever was in the way is gone: the next attempt needs not wait.
    void retry_now();
    // Why the channel must be closed now. None: go on.
    std::optional<std::string_view> failure() const { return failure_; }
    bool wants_channel(Time now) const { return state_ == State::closed && now >= retry_at_; }

    // ---- in
    void received(const synthvid::Received& message, Time now);
    void time_passed(Time now);
    // When to say time_passed(), or to ask wants_channel(), again.
    std::optional<Time> wake_at() const;
    // Whether to submit damage while the host says that nobody looks, too.
    void ignore_hidden(bool ignore) { ignores_hidden_ = ignore; }
    // Another picture size. False: it does not fit the video memory, or is smaller than any host takes.
    bool set_mode(Mode mode);

    // ---- out
    // The next message for the host, until sent() says that it is in the ring. None: nothing to say.
    std::optional<std::span<const std::byte>> next_message();
    void sent(Time now);

    // ---- what it all means
    State state() const { return state_; }
    std::uint32_t version() const { return version_; }  // as asked for, or agreed on
    // The handshake is complete, and the host knows the mode.
    bool active() const { return state_ == State::active; }
    bool visible() const { return active() && (features_ ? features_->dirt : assume_visible_); }
    // Damage is to be submitted.
    bool shows() const { return active() && (visible() || ignores_hidden_); }
    bool has_said_features() const { return features_.has_value(); }
    Mode mode() const { return mode_; }
    std::span<const Mode> modes() const { return modes_; }  // that fit, the host's choice first
    // The mode that is wished for, and that is not shown because it does not fit the video memory.
    std::optional<Mode> unfit_mode() const { return unfit_; }
    // Since it was last asked the host said that it needs everything. Asks once.
    bool take_repaint() { return std::exchange(repaint_, false); }
    std::uint64_t ignored() const { return ignored_; }  // messages malformed, unknown, late or out of place

  private:
    enum class Message { version, resolutions, memory, position, shape, situation, count };
    void want(Message message) { wanted_[static_cast<std::size_t>(message)] = true; }
    void enter(State state, Time now);
    void fail(std::string_view why) { failure_ = why; }
    void choose_mode();
    bool fits(Mode mode) const;

    void take(const synthvid::VersionResponse& response, Time now);
    void take(const synthvid::ResolutionResponse& response, Time now);
    void take(const synthvid::VramLocationAck& ack, Time now);
    void take(const synthvid::SituationUpdateAck& ack, Time now);
    void take(const synthvid::FeatureChange& features, Time now);
    void take(const synthvid::Unknown&, Time) { ++ignored_; }
    void take(const synthvid::Malformed&, Time) { ++ignored_; }

    Timing timing_;
    bool assume_visible_;
    State state_ = State::closed;
    std::optional<std::string_view> failure_;
    Time retry_at_{};  // of closed
    Duration back_off_;
    // Since when this session is one with a host that lives. None: not yet.
    std::optional<Time> lives_since_;
    RunningTimer timer_;  // of the step, or of the situation's acknowledgement

    std::array<bool, static_cast<std::size_t>(Message::count)> wanted_{};
    std::optional<Message> offered_;  // by next_message(), until sent()
    std::vector<std::byte> bytes_;    // of it
    bool asked_ = false;              // the step's question is in the ring

    std::uint32_t version_ = synthvid::version_3_5;
    std::uint64_t vram_address_ = 0, vram_size_;
    std::optional<Mode> chosen_;  // by the administrator
    std::optional<Mode> unfit_;
    Mode mode_;
    std::vector<Mode> modes_;
    std::optional<Mode> preferred_;   // by the host
    std::uint64_t situation_ = 0;     // the last one's context
    bool acknowledges_ = false;       // this host, once: situations are acknowledged
    bool tolerates_silence_ = false;  // it never did, and that is known by now
    std::optional<synthvid::FeatureChange> features_;
    bool repaint_ = false, ignores_hidden_ = false;
    std::uint64_t ignored_ = 0;
};

}  // namespace hvfbd::hyperv
