// From one process of the daemon to the next: the session goes on, and the host hears nothing of it.
#include <algorithm>

#include "output/hyperv/session.h"

namespace hvfbd::hyperv {

std::optional<Session::Saved> Session::save() const {
    if (!active() || failure_) return std::nullopt;
    Saved kept{version_,
               chosen_,
               preferred_,
               mode_,
               modes_,
               situation_,
               acknowledges_,
               tolerates_silence_,
               asked_ && timer_.running(),
               0,
               features_};
    for (std::size_t i = 0; i < std::size(wanted_); ++i)
        if (wanted_[i]) kept.wanted |= static_cast<std::uint8_t>(1U << i);
    return kept;
}

bool Session::go_on(const Saved& kept, std::uint64_t vram_address, std::uint64_t vram_size, Time now) {
    std::uint64_t had = std::exchange(vram_size_, vram_size);
    bool sound = fits(kept.mode) && std::ranges::all_of(kept.modes, [&](Mode mode) { return fits(mode); }) &&
                 (kept.version == synthvid::version_3_5 || kept.version == synthvid::version_3_2);
    if (!sound) {
        vram_size_ = had;
        return false;
    }
    vram_address_ = vram_address;
    version_ = kept.version;
    chosen_ = kept.chosen;
    preferred_ = kept.preferred;
    mode_ = kept.mode;
    modes_ = kept.modes;
    situation_ = kept.situation;
    acknowledges_ = kept.acknowledges;
    tolerates_silence_ = kept.tolerates_silence;
    features_ = kept.features;
    state_ = State::active;
    for (Message message : {Message::position, Message::shape, Message::situation})
        if ((kept.wanted >> static_cast<unsigned>(message) & 1U) != 0) want(message);
    // As long as it was never asked how large the picture is, the host is told whether it wants to hear it or
    // not.
    asked_ = !wanted_[static_cast<std::size_t>(Message::situation)] || situation_ > 0;
    if (kept.owed || !asked_) timer_.start(now);
    repaint_ = true;
    if (asked_ && !kept.owed) lives_since_ = now;
    return true;
}

void Session::wish(std::optional<Mode> mode) {
    unfit_.reset();
    if (!mode) chosen_.reset();
    std::optional<Mode> now = mode ? mode : preferred_;
    if (!now || *now == mode_) return;
    std::optional<Mode> chosen = chosen_;
    if (!set_mode(*now))
        unfit_ = mode;
    else if (!mode)
        chosen_ = chosen;
}

}  // namespace hvfbd::hyperv
