// What goes to the host: frames, and what the session has to say; and whether it takes it.
#include "base/mapping_guard.h"
#include "common/probe.h"
#include "output/hyperv/hyperv_output.h"
#include "output/store_fence.h"

namespace hvfbd::hyperv {

// False: the ring is full, or no ring any more. A ring that stays full is the watch's to notice.
bool HypervOutput::went(Channel::Sent sent) {
    if (sent == Channel::Sent::dead) broken_ = "the host has written nonsense into the ring";
    return sent == Channel::Sent::done;
}

void HypervOutput::flush(Time now) {
    while (auto message = session_.next_message()) {
        if (!went(connection_->channel->send(*message))) break;
        session_.sent(now);
    }
    watch_host(now);
}

void HypervOutput::watch_host(Time now) {
    if (broken_) return;
    auto indices = connection_->channel->to_host();
    if (!indices)
        broken_ = "the host has written nonsense into the ring";
    else if (watch_.check(indices->read, indices->write, now))
        broken_ = "the host takes no messages out of the ring";
}

Output::Presented HypervOutput::present(std::span<const Rectangle> rectangles) {
    // Hidden: nothing is submitted, and all of it is presented when the window is shown.
    if (!shows() || !connection_) return Presented::done;
    Time now = loop_.now();
    if (MappingGuard::lost(connection_->framebuffer.bytes.data()))
        broken_ = "another driver has taken the video memory";
    else
        flush(now);
    bool sent = false;
    if (!broken_ && !session_.next_message()) {
        store_fence();
        frame_.set(rectangles, layout_.rectangle());
        // Whole or not at all: half of a frame and then all of the next one would be too many messages.
        sent = went(connection_->channel->send(frame_.messages()));
        HVFB_PROBE2(hvfbd, dirt, rectangles.size(), sent);
        watch_host(now);
    }
    // An alarm that is due earlier sets the next one: so one is set a second, not one a frame.
    std::optional<Time> due = broken_ ? now : watch_.due();
    if (due && (!alarm_at_ || *alarm_at_ <= now || *due < *alarm_at_)) set_alarm(now);
    return sent ? Presented::done : Presented::refused;
}

void HypervOutput::flush_on_crash() noexcept {
    // Nothing was stored while nobody looks, and that host wants to hear nothing either.
    if (!connection_ || !connection_->channel || !shows()) return;
    store_fence();
    connection_->channel->send_from_signal(whole_dirt_);
}

}  // namespace hvfbd::hyperv
