#include "output/drm/drm_output.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>

#include "base/error.h"

namespace hvfbd::drm {

namespace {

constexpr Mode default_mode{1024, 768};
// A flip takes a frame of the screen; a driver that does not say that it came to pass is not waited for
// without end.
constexpr Duration longest_flip = std::chrono::seconds(1);
constexpr int no_master = EACCES;

[[noreturn]] void throw_answer(Answer answer, const std::string& tried) {
    switch (answer) {
        case Answer::not_master:
            throw_errno(tried, no_master);
        case Answer::gone:
            throw_errno(tried, ENODEV);
        case Answer::busy:
            throw_errno(tried, EBUSY);
        case Answer::not_supported:
        case Answer::done:
            break;
    }
    throw_errno(tried, ENOTSUP);
}

std::string size_text(Mode mode) {
    return std::to_string(mode.width) + "x" + std::to_string(mode.height);
}

}  // namespace

DrmOutput::DrmOutput(EventLoop& loop, std::unique_ptr<CardPort> port, const Options& options)
    : loop_(loop),
      port_(std::move(port)),
      connector_(options.connector),
      wanted_(options.mode),
      layout_(layout_for(options.mode.value_or(default_mode))),
      alarm_(loop, [this] { go_on(loop_.now()); }) {
    events_watch_ = loop.watch(port_->descriptor(), EPOLLIN, [this](std::uint32_t) {
        if (port_->take_events()) presence_.happened(loop_.now());
        go_on(loop_.now());
    });
    presence_.happened(loop.now());
    go_on(loop.now());
    // Nobody listens yet: what there was to say is said in the first turn.
    alarm_.set(loop.now());
}

DrmOutput::~DrmOutput() {
    restore_console();
    drop_card();
}

std::span<std::byte> DrmOutput::scanout() {
    if (!visible() || buffers_.empty() || flipping_since_) return {};
    return buffers_[telling_ == Telling::flip ? 1 - shown_ : shown_]->bytes();
}

void DrmOutput::say_once(OutputListener::Importance importance, const std::string& sentence) {
    description_ = sentence;
    if (sentence == last_said_) return;
    last_said_ = sentence;
    unsaid_ = {importance, sentence};
}

// Everything that can happen leads here.
void DrmOutput::go_on(Time now) {
    if (!suspended_ && presence_.due(now)) attempt(now);
    if (listened() && unsaid_) {
        say(unsaid_->first, unsaid_->second);
        unsaid_.reset();
    }
    changed();
    alarm_.set(suspended_ ? std::nullopt : presence_.wake_at());
}

void DrmOutput::attempt(Time now) {
    try {
        // A card that shows is only asked what is plugged in. Otherwise it is opened anew: who opens a card
        // that has no master becomes it, and nothing else makes a master of a process that is not root.
        if (heads_.empty()) {
            drop_card();
            card_ = port_->open();
            watch_ = loop_.watch(card_->descriptor(), EPOLLIN,
                                 [this](std::uint32_t events) { card_is_ready(events); });
        }
        take(card_->resources(), now);
    } catch (const std::system_error& error) {
        if (error.code().value() == no_master && card_)
            lose(Presence::State::not_master, "somebody else has taken " + card_->name(), now);
        else
            lose(Presence::State::gone, error.what(), now);
    }
}

// What is plugged in, and whether that can be shown.
void DrmOutput::take(const Resources& resources, Time now) {
    Plan plan = choose(resources, connector_, wanted_);
    modes_ = plan.modes;
    // Clients that come meanwhile draw in the size that will be shown.
    if (heads_.empty() && !plan.heads.empty() && layout_.rectangle() != layout_for(plan.mode).rectangle())
        layout_ = layout_for(plan.mode);
    if (!card_->master())
        return lose(Presence::State::not_master, "somebody else shows on " + card_->name(), now);
    if (plan.heads.empty()) {
        // Still its master, so that the screen is had once it is plugged in.
        heads_.clear();
        presence_.found(Presence::State::unconnected, now);
        say_once(OutputListener::Importance::warning,
                 plan.obstacle + " (" + card_->name() + "); waiting for one");
        return;
    }
    if (plan.heads != heads_) return light(plan, now);
    bool on = std::any_of(resources.connectors.begin(), resources.connectors.end(), [&](const Connector& c) {
        return c.on && std::any_of(heads_.begin(), heads_.end(),
                                   [&](const Head& head) { return head.connector == c.id; });
    });
    presence_.found(on ? Presence::State::shown : Presence::State::off, now);
    if (on) repaint_ = true;
}

// Takes the screens for itself.
void DrmOutput::light(const Plan& plan, Time now) {
    for (const Head& head : plan.heads)
        if (!console_.contains(head.crtc)) console_.emplace(head.crtc, card_->crtc(head.crtc));
    // The new picture is there before the old one goes.
    std::vector<std::unique_ptr<Buffer>> buffers;
    bool fits =
        !buffers_.empty() && buffers_[shown_]->layout().rectangle() == layout_for(plan.mode).rectangle();
    if (fits)
        buffers.push_back(std::move(buffers_[shown_]));
    else
        buffers.push_back(card_->make_buffer(plan.mode));

    std::vector<Head> before = std::exchange(heads_, {});
    for (const Head& old : before)
        if (std::none_of(plan.heads.begin(), plan.heads.end(),
                         [&](const Head& head) { return head.crtc == old.crtc; }))
            show({old.crtc, 0, 0, 0, std::nullopt, {}});
    for (const Head& head : plan.heads)
        show({head.crtc, buffers.front()->framebuffer(), 0, 0, head.mode, {head.connector}});

    heads_ = plan.heads;
    buffers_ = std::move(buffers);
    shown_ = 0;
    flipping_since_.reset();
    layout_ = buffers_.front()->layout();
    repaint_ = true;
    find_telling();
    presence_.found(Presence::State::shown, now);

    std::string names;
    for (const Head& head : heads_) names += (names.empty() ? "" : ", ") + head.name;
    bool warn = !plan.wanted_mode;
    say_once(warn ? OutputListener::Importance::warning : OutputListener::Importance::information,
             "showing on " + names + " of " + card_->name() + ", " + size_text(plan.mode) +
                 (telling_ == Telling::dirty  ? ", told what changed"
                  : telling_ == Telling::flip ? ", with two buffers"
                                              : ", which shows its memory") +
                 (warn ? "; it has no mode " + size_text(*wanted_) : ""));
}

void DrmOutput::show(const CrtcState& state) {
    Answer answer = card_->set_crtc(state);
    if (answer != Answer::done)
        throw_answer(answer, "set CRTC " + std::to_string(state.crtc) + " of " + card_->name());
}

void DrmOutput::find_telling() {
    missing_.clear();
    std::array whole{layout_.rectangle()};
    Answer answer = card_->dirty(buffers_.front()->framebuffer(), whole);
    if (answer == Answer::done || answer == Answer::busy) {
        telling_ = Telling::dirty;
        return;
    }
    if (answer != Answer::not_supported) throw_answer(answer, "tell " + card_->name() + " what changed");
    telling_ = Telling::direct;
    if (heads_.size() != 1) return;
    try {
        auto second = card_->make_buffer({layout_.width, layout_.height});
        if (second->layout() != layout_) return;
        buffers_.push_back(std::move(second));
        telling_ = Telling::flip;
    } catch (const std::system_error&) {
        // Memory for one buffer only: shown half written rather than not at all.
    }
}

DrmOutput::Presented DrmOutput::present(std::span<const Rectangle> rectangles) {
    // Hidden: nobody is to be told, and all of it is told when it is shown.
    if (!visible() || buffers_.empty()) return Presented::done;
    Time now = loop_.now();
    if (flipping_since_) {
        if (now - *flipping_since_ < longest_flip) return Presented::refused;
        flipping_since_.reset();
        return Presented::refused;  // what was looked at meanwhile is not in the other buffer yet
    }
    clipped_.clear();
    for (const Rectangle& rectangle : rectangles) {
        Rectangle inside = intersection(rectangle, layout_.rectangle());
        if (!inside.empty()) clipped_.push_back(inside);
    }
    if (clipped_.empty() || telling_ == Telling::direct) return Presented::done;
    try {
        if (telling_ == Telling::dirty)
            return answered(card_->dirty(buffers_.front()->framebuffer(), clipped_), now);
        Answer answer = card_->flip(heads_.front().crtc, buffers_[1 - shown_]->framebuffer());
        if (answer == Answer::not_supported) {
            // What is shown stays the only buffer, and lacks this frame. Setting the other one would ask for
            // the same memory that a flip had not.
            std::swap(buffers_.front(), buffers_[shown_]);
            buffers_.resize(1);
            shown_ = 0;
            missing_.clear();
            repaint_ = true;
            alarm_.set(now);
            telling_ = Telling::direct;
            return Presented::done;
        }
        Presented presented = answered(answer, now);
        if (answer == Answer::done) {
            // What is shown from now on is written next, and lacks just this frame.
            flipping_since_ = now;
            shown_ = 1 - shown_;
            missing_.assign(clipped_.begin(), clipped_.end());
        }
        return presented;
    } catch (const std::system_error& error) {
        lose(error.code().value() == no_master ? Presence::State::not_master : Presence::State::gone,
             error.what(), now);
        alarm_.set(now);
        return Presented::done;
    }
}

DrmOutput::Presented DrmOutput::answered(Answer answer, Time now) {
    switch (answer) {
        case Answer::done:
            return Presented::done;
        case Answer::busy:
            return Presented::refused;
        case Answer::not_supported:
            telling_ = Telling::direct;
            return Presented::done;
        case Answer::not_master:
            lose(Presence::State::not_master, "somebody else has taken " + card_->name(), now);
            break;
        case Answer::gone:
            lose(Presence::State::gone, card_->name() + " is gone", now);
            break;
    }
    // Hidden now. The alarm brings the turn in which that is said.
    alarm_.set(now);
    return Presented::done;
}

void DrmOutput::card_is_ready(std::uint32_t events) {
    Time now = loop_.now();
    try {
        if ((events & (EPOLLHUP | EPOLLERR)) != 0) throw_errno("listen to " + card_->name(), ENODEV);
        if (card_->take_flips() > 0) flipping_since_.reset();
    } catch (const std::system_error& error) {
        lose(Presence::State::gone, error.what(), now);
    }
    go_on(now);
}

void DrmOutput::lose(Presence::State state, const std::string& why, Time now) {
    presence_.found(state, now);
    say_once(OutputListener::Importance::warning,
             why + "; tried again a few times, and when a screen or a client comes");
    // The console is now that of whoever has the card.
    console_.clear();
    drop_card();
}

void DrmOutput::drop_card() noexcept {
    watch_.reset();
    heads_.clear();
    buffers_.clear();
    missing_.clear();
    flipping_since_.reset();
    card_.reset();
}

void DrmOutput::restore_console() noexcept {
    if (!card_) return;
    for (const auto& [crtc, state] : console_) {
        try {
            if (card_->set_crtc(state) == Answer::done) continue;
            card_->set_crtc({crtc, 0, 0, 0, std::nullopt, {}});
        } catch (const std::exception&) {
            // Its framebuffer has gone meanwhile. The kernel puts its console back when the card is closed.
        }
    }
}

void DrmOutput::set_mode(Mode mode) {
    layout_for(mode);  // throws for what no picture can be
    if (std::find(modes_.begin(), modes_.end(), mode) == modes_.end()) {
        if (modes_.empty())
            throw Refusal(Refusal::Kind::not_supported,
                          "there is no screen to set a mode of: " + description_);
        throw Refusal(Refusal::Kind::no_such_mode, size_text(mode) + " is no mode of the screen; see Modes");
    }
    auto before = std::exchange(wanted_, mode);
    Time now = loop_.now();
    if (!visible()) return wanted();  // shown in this mode once it is shown
    try {
        take(card_->resources(), now);
    } catch (const std::system_error& error) {
        wanted_ = before;
        // Not even begun, for want of memory: shown as before. Otherwise all of it anew, in the old mode.
        if (heads_.empty()) {
            lose(Presence::State::gone, error.what(), now);
            presence_.happened(now);
        }
        go_on(now);
        throw Refusal(Refusal::Kind::failed, size_text(mode) + " could not be set: " + error.what());
    }
    go_on(now);
}

void DrmOutput::wanted() {
    if (visible() || suspended_) return;
    presence_.happened(loop_.now());
    go_on(loop_.now());
}

void DrmOutput::suspend() {
    if (suspended_) return;
    suspended_ = true;
    go_on(loop_.now());
}

void DrmOutput::resume() {
    if (!suspended_) return;
    suspended_ = false;
    flipping_since_.reset();
    repaint_ = true;
    presence_.happened(loop_.now());
    go_on(loop_.now());
}

}  // namespace hvfbd::drm
