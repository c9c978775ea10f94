// What the server has to do with the display: when it is viewed, and what clients are shown.
#include <algorithm>
#include <cerrno>
#include <span>
#include <system_error>
#include <utility>

#include "vnc/log.h"
#include "vnc/server.h"

namespace vnc {

bool Server::somebody_looks() const {
    return std::ranges::any_of(clients_, [](const Entry& entry) { return entry.client->looks(); });
}

void Server::set_held(bool held) {
    held_ = held;
    for (const Entry& entry : clients_) entry.client->set_held(held);
}

void Server::update(Time now) {
    attachment_.set_looked_at(somebody_looks());
    switch (attachment_.step(now)) {
        case Attachment::Step::attach:
            attach(now);
            break;
        case Attachment::Step::detach:
            detach();
            break;
        case Attachment::Step::rest:
            break;
    }
    if (!attachment_.waits_for_daemon())
        watch_.reset();
    else if (!watch_)
        wait_for_daemon(now);
}

void Server::attach(Time now) {
    int error = 0;
    std::string why;
    view_ = DisplayView::open(options_.source, error, why);
    if (view_) {
        attachment_.attached(now);
        trouble_.clear();
        // It is shown with its first frame; those who come meanwhile begin with its size.
        picture_ = view_->picture();
        if (web_) watch_state();
        tell_browsers();
        return;
    }
    say_trouble(why);
    if (error == -EHOSTUNREACH)
        attachment_.no_daemon();
    else
        attachment_.failed(now);
    // There is nothing to wait for: the last picture is what there is.
    set_held(false);
}

void Server::detach() {
    state_.reset();
    view_.reset();
    attachment_.detached();
    set_held(true);
}

// One frame: where they come without end, clients are served between them.
void Server::take_frame(Time now) {
    std::span<const hvfb_rect> rects;
    const int result = view_->take(rects);
    if (result == -ETIME) return;
    if (result == 0) {
        picture_ = view_->picture();
        for (const Entry& entry : clients_) entry.client->show(picture_, rects);
        note_frame(rects, now);
        if (held_) set_held(false);
        return;
    }
    state_.reset();
    view_.reset();
    attachment_.lost(now);
    say_trouble(std::string(hvfb_strerror(result)) + ": clients keep the last picture");
}

void Server::note_frame(std::span<const hvfb_rect> rects, Time now) {
    ++report_.frames;
    report_.rectangles += rects.size();
    for (const hvfb_rect& rect : rects) report_.pixels += std::uint64_t{rect.width} * rect.height;
    report_.last_frame = now;
    if (web_) web_->count(report_);
}

void Server::watch_state() {
    try {
        state_ = std::make_unique<DisplayState>(options_.source);
        take_state();
    } catch (const std::system_error& error) {
        // The picture comes all the same.
        state_.reset();
        log(error.what());
    }
}

void Server::take_state() {
    try {
        state_->take();
    } catch (const std::system_error&) {
        // The bus has gone, and the view will with it.
        state_.reset();
    }
    if ((state_ ? state_->note() : std::string()) != report_.note) tell_browsers();
}

// Watches for the daemon's name on the bus, or takes what came of it.
void Server::wait_for_daemon(Time now) {
    try {
        bool there = false;
        if (watch_) {
            there = watch_->take();
        } else {
            // Watched for before it is asked: it may come between.
            watch_ = std::make_unique<hvfbd::DaemonWatch>(options_.source.bus);
            there = watch_->is_there();
        }
        if (there) attachment_.daemon_came();
    } catch (const std::system_error& error) {
        watch_.reset();
        say_trouble(error.what());
        // As what may pass: a bus that is started again.
        attachment_.daemon_came();
        attachment_.failed(now);
    }
}

void Server::say_trouble(const std::string& sentence) {
    if (std::exchange(trouble_, sentence) == sentence) return;
    log(sentence);
    tell_browsers();
}

}  // namespace vnc
