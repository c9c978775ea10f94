// From one process of the daemon to the next: the session continues, and the host does not notice.
#include <algorithm>

#include "output/hyperv/session.h"

namespace hvfbd::hyperv {

std::optional<Session::Saved> Session::save() const {
    if (!active() || failure_) return std::nullopt;
    Saved saved{version_,
                chosen_,
                preferred_,
                mode_,
                modes_,
                asked_ ? situation_ : 0,
                acknowledges_,
                tolerates_silence_,
                asked_ && timer_.running(),
                0,
                features_};
    for (Message message : {Message::position, Message::shape, Message::situation})
        if (wanted_[static_cast<std::size_t>(message)])
            saved.wanted |= static_cast<std::uint8_t>(1U << static_cast<unsigned>(message));
    return saved;
}

bool Session::restore(const Saved& saved, std::uint64_t vram_size, Time now) {
    std::uint64_t had = std::exchange(vram_size_, vram_size);
    bool sound = fits(saved.mode) &&
                 std::ranges::all_of(saved.modes, [&](Mode mode) { return fits(mode); }) &&
                 (saved.version == synthvid::version_3_5 || saved.version == synthvid::version_3_2);
    if (!sound) {
        vram_size_ = had;
        return false;
    }
    version_ = saved.version;
    chosen_ = saved.chosen;
    preferred_ = saved.preferred;
    mode_ = saved.mode;
    modes_ = saved.modes;
    situation_ = saved.situation;
    acknowledges_ = saved.acknowledges;
    tolerates_silence_ = saved.tolerates_silence;
    features_ = saved.features;
    state_ = State::active;
    for (Message message : {Message::position, Message::shape, Message::situation})
        if ((saved.wanted >> static_cast<unsigned>(message) & 1U) != 0) want(message);
    // The first size of the picture is sent whether the host wants it or not.
    asked_ = situation_ > 0;
    if (saved.owed || !asked_) timer_.start(now);
    repaint_ = true;
    return true;
}

void Session::wish(std::optional<Mode> mode) {
    unfit_.reset();
    std::optional<Mode> now = mode ? mode : preferred_;
    if (now && *now != mode_ && !set_mode(*now)) unfit_ = mode;
    chosen_ = mode;  // the next session's, whether this one shows it or not
}

}  // namespace hvfbd::hyperv
