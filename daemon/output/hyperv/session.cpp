#include "output/hyperv/session.h"

#include <algorithm>

namespace hvfbd::hyperv {

namespace {

constexpr Mode smallest_mode{640, 480};  // SYNTHVID_WIDTH_MIN, SYNTHVID_HEIGHT_MIN of hyperv_fb.c
// What the firmware and OpenVMM start with.
constexpr Mode usual_mode{1024, 768};
// Default of Set-VMVideo, and OpenVMM's; until a device says otherwise.
constexpr std::uint64_t usual_vram_size = 8 << 20;

}  // namespace

Session::Session(const Options& options)
    : timing_(options.timing),
      assume_visible_(options.assume_visible),
      back_off_(options.timing.first_back_off),
      timer_(options.timing.step),
      vram_size_(usual_vram_size),
      chosen_(options.mode),
      mode_(options.mode.value_or(options.before.value_or(usual_mode))) {}

void Session::opened(std::uint64_t vram_address, std::uint64_t vram_size, Time now) {
    vram_address_ = vram_address;
    vram_size_ = vram_size;
    version_ = synthvid::version_3_5;
    wanted_.fill(false);
    features_.reset();
    modes_.clear();
    preferred_.reset();
    repaint_ = false;
    if (!fits(smallest_mode)) {
        fail("the video memory is smaller than a picture of 640x480; set FramebufferSize= in hvfbd.conf");
        return;
    }
    enter(State::version, now);
    want(Message::version);
}

void Session::closed(Time now) {
    state_ = State::closed;
    failure_.reset();
    offered_.reset();
    // After one that lived the shortest pause will do. One that ends as soon as it lives is a failure like
    // any other: begun again each second it would never leave the daemon, the log and the host in peace.
    if (lives_since_ && now - *lives_since_ >= timing_.step) back_off_ = timing_.first_back_off;
    lives_since_.reset();
    retry_at_ = now + back_off_;
    back_off_ = std::min(2 * back_off_, timing_.longest_back_off);
}

void Session::retry_now() {
    retry_at_ = {};
    back_off_ = timing_.first_back_off;
}

void Session::enter(State state, Time now) {
    state_ = state;
    asked_ = false;
    // A ring that is full, or a host that is stopped, takes no question either: the step's time runs from
    // here.
    timer_.start(now);
}

void Session::received(const synthvid::Received& message, Time now) {
    if (state_ == State::closed || failure_) return;
    std::visit([&](const auto& content) { take(content, now); }, message);
}

void Session::take(const synthvid::VersionResponse& response, Time now) {
    // Hosts echo the version. An answer to the question before this one is late, and says nothing here.
    bool late = version_ == synthvid::version_3_2 && response.version == synthvid::version_3_5;
    if (state_ != State::version || !asked_ || late) {
        ++ignored_;
        return;
    }
    if (response.accepted) {
        bool lists = version_ == synthvid::version_3_5;
        enter(lists ? State::resolutions : State::memory, now);
        want(lists ? Message::resolutions : Message::memory);
    } else if (version_ == synthvid::version_3_5) {
        version_ = synthvid::version_3_2;
        enter(State::version, now);
        want(Message::version);
    } else {
        fail("the host accepts neither version 3.5 nor 3.2 of the protocol");
    }
}

void Session::take(const synthvid::ResolutionResponse& response, Time now) {
    if (state_ != State::resolutions || !asked_) {
        ++ignored_;
        return;
    }
    if (response.preferred < response.count && fits(response.modes[response.preferred]))
        preferred_ = response.modes[response.preferred];
    if (preferred_) modes_.push_back(*preferred_);
    for (Mode mode : response.span())
        if (fits(mode) && std::find(modes_.begin(), modes_.end(), mode) == modes_.end())
            modes_.push_back(mode);
    enter(State::memory, now);
    want(Message::memory);
}

void Session::take(const synthvid::VramLocationAck& ack, Time now) {
    if (state_ != State::memory || !asked_ || ack.context != vram_address_) {
        ++ignored_;
        return;
    }
    choose_mode();
    enter(State::active, now);
    want(Message::position);
    want(Message::shape);
    want(Message::situation);
    repaint_ = true;
}

void Session::take(const synthvid::SituationUpdateAck& ack, Time now) {
    if (state_ != State::active || !asked_ || ack.context != situation_ || !timer_.running()) {
        ++ignored_;
        return;
    }
    acknowledges_ = true;
    timer_.stop();
    if (!lives_since_) lives_since_ = now;
}

void Session::take(const synthvid::FeatureChange& features, Time) {
    bool was_visible = visible();
    features_ = features;
    if (state_ != State::active) return;  // whatever it asks for is sent when the handshake is over
    bool shown = visible() && !was_visible;
    // A host that sends this again, with a flag as it was, has opened another window: each flag that is set
    // is answered, not only those that changed.
    if (features.pointer_position || shown) want(Message::position);
    if (features.pointer_shape || shown) want(Message::shape);
    if (features.situation || shown) want(Message::situation);
    if (features.dirt) repaint_ = true;
}

void Session::time_passed(Time now) {
    if (failure_ || !timer_.reached(now)) return;
    switch (state_) {
        case State::closed:
            break;
        case State::version:
            fail("the host does not answer which version it speaks");
            break;
        case State::resolutions:
            // Not needed: Linux goes on without as well.
            enter(State::memory, now);
            want(Message::memory);
            break;
        case State::memory:
            fail("the host does not say that it has taken the video memory");
            break;
        case State::active:
            timer_.stop();
            // OpenVMM goes silent for good on the smallest fault, and this is how it shows; but Linux never
            // waits for this answer, so a host that gives none may do so on purpose: one new attempt
            // distinguishes the two.
            if (asked_ && !acknowledges_ && tolerates_silence_) {
                if (!lives_since_) lives_since_ = now;
                break;
            }
            tolerates_silence_ = true;
            fail("the host does not acknowledge the picture's size");
    }
}

std::optional<Time> Session::wake_at() const {
    return state_ == State::closed ? retry_at_ : timer_.due();
}

bool Session::fits(Mode mode) const {
    return mode.width >= smallest_mode.width && mode.height >= smallest_mode.height &&
           mode.width <= max_extent && mode.height <= max_extent &&
           std::uint64_t{mode.width} * mode.height * bytes_per_pixel <= vram_size_;
}

void Session::choose_mode() {
    unfit_ = chosen_ && !fits(*chosen_) ? chosen_ : std::nullopt;
    if (chosen_ && fits(*chosen_))
        mode_ = *chosen_;
    else if (preferred_)
        mode_ = *preferred_;
    else if (!fits(mode_))
        mode_ = !modes_.empty() ? modes_.front() : fits(usual_mode) ? usual_mode : smallest_mode;
}

bool Session::set_mode(Mode mode) {
    if (!fits(mode)) return false;
    unfit_.reset();
    chosen_ = mode;
    mode_ = mode;
    if (state_ == State::active) {
        offered_.reset();  // it may have the old size
        want(Message::situation);
        repaint_ = true;
    }
    return true;
}

std::optional<std::span<const std::byte>> Session::next_message() {
    if (state_ == State::closed || failure_) return std::nullopt;
    if (offered_) return bytes_;
    // Hidden: the host wants none of these, and gets all of them when it shows the window again.
    // The first ones are the handshake's, before whose end nothing else is wanted.
    bool hidden = asked_ && features_ && !features_->dirt && !ignores_hidden_;
    for (std::size_t i = 0; i < wanted_.size(); ++i) {
        auto message = static_cast<Message>(i);
        if (!wanted_[i]) continue;
        if (hidden && !(message == Message::position && features_->pointer_position) &&
            !(message == Message::shape && features_->pointer_shape) &&
            !(message == Message::situation && features_->situation))
            continue;
        offered_ = message;
        switch (message) {
            case Message::version:
                synthvid::encode_version_request(version_, bytes_);
                break;
            case Message::resolutions:
                synthvid::encode_resolution_request(bytes_);
                break;
            case Message::memory:
                // What Linux sends as context: hosts give it back.
                synthvid::encode_vram_location(vram_address_, vram_address_, bytes_);
                break;
            case Message::position:
                synthvid::encode_hidden_pointer_position(bytes_);
                break;
            case Message::shape:
                synthvid::encode_hidden_pointer_shape(bytes_);
                break;
            case Message::situation:
            case Message::count:
                synthvid::encode_situation_update(situation_ + 1, mode_, bytes_);
        }
        return bytes_;
    }
    return std::nullopt;
}

void Session::sent(Time now) {
    if (!offered_) return;
    wanted_[static_cast<std::size_t>(*offered_)] = false;
    if (*offered_ == Message::situation) {
        ++situation_;
        timer_.start(now);
    }
    if (*offered_ != Message::position && *offered_ != Message::shape) asked_ = true;
    offered_.reset();
}

}  // namespace hvfbd::hyperv
