#include "vnc/attachment.h"

#include <algorithm>
#include <chrono>

namespace vnc {

namespace {

constexpr auto first_pause = std::chrono::seconds(1);
constexpr unsigned most_doublings = 5;
constexpr auto longest_pause = std::chrono::seconds(30);
// A view that ends sooner is a failure: it would be opened and ended again and again.
constexpr auto shortest_view = std::chrono::seconds(1);

}  // namespace

void Attachment::attached(Time now) {
    attached_ = true;
    attached_at_ = now;
}

void Attachment::no_daemon() {
    attached_ = false;
    daemon_may_be_there_ = false;
}

void Attachment::failed(Time now) {
    attached_ = false;
    const auto pause = first_pause * (1U << std::min(failures_, most_doublings));
    next_attempt_ = now + std::min<std::chrono::seconds>(pause, longest_pause);
    ++failures_;
}

void Attachment::lost(Time now) {
    if (now - attached_at_ < shortest_view) {
        failed(now);
        return;
    }
    attached_ = false;
    failures_ = 0;
    next_attempt_ = now;
}

void Attachment::daemon_came() {
    daemon_may_be_there_ = true;
    failures_ = 0;
    next_attempt_ = {};
}

Attachment::Step Attachment::step(Time now) const {
    if (attached_) return looked_at_ ? Step::rest : Step::detach;
    return looked_at_ && daemon_may_be_there_ && now >= next_attempt_ ? Step::attach : Step::rest;
}

std::optional<Time> Attachment::wake_at(Time now) const {
    if (attached_ || !looked_at_ || !daemon_may_be_there_ || now >= next_attempt_) return std::nullopt;
    return next_attempt_;
}

}  // namespace vnc
