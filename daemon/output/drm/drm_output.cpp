#include "output/drm/drm_output.h"

#include <algorithm>
#include <array>

#include "base/error.h"

namespace hvfbd::drm {

namespace {

// A flip takes a frame of the screen; a driver that does not say that it came to pass is not waited for
// without end.
constexpr Duration longest_flip = std::chrono::seconds(1);
constexpr int no_master = EACCES, no_card = ENODEV;
constexpr std::string_view of_connector = "drm connector ";

[[noreturn]] void throw_answer(Answer answer, const std::string& tried) {
    switch (answer) {
        case Answer::not_master:
            throw_errno(tried, no_master);
        case Answer::gone:
            throw_errno(tried, no_card);
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

std::optional<Presence::State> card_trouble(const std::system_error& error) {
    if (error.code().value() == no_master) return Presence::State::not_master;
    if (error.code().value() == no_card) return Presence::State::gone;
    return std::nullopt;
}

DrmOutput::DrmOutput(EventLoop& loop, Owner& owner, Wish wish, bool of_its_own, std::optional<Mode> size)
    : loop_(loop),
      owner_(owner),
      wish_(std::move(wish)),
      of_its_own_(of_its_own),
      layout_(layout_for(wish_.mode.value_or(size.value_or(default_mode)))) {}

std::span<std::byte> DrmOutput::scanout() {
    if (!visible() || buffers_.empty() || flipping_since_) return {};
    return buffers_[telling_ == Telling::flip ? 1 - shown_ : shown_]->bytes();
}

void DrmOutput::describe(OutputListener::Importance importance, const std::string& sentence) {
    description_ = sentence;
    if (sentence == last_said_) return;
    last_said_ = sentence;
    // What was not heard and does not hold any more is not said; what was only mentioned is.
    std::erase_if(unsaid_, [](const auto& one) { return !one.mentioned; });
    unsaid_.push_back({importance, sentence, false});
}

void DrmOutput::mention(const std::string& sentence) {
    unsaid_.push_back({OutputListener::Importance::information, sentence, true});
}

void DrmOutput::say_what_there_is() {
    if (listened())
        for (const auto& [importance, sentence, mentioned] : std::exchange(unsaid_, {}))
            say(importance, sentence);
    changed();
}

std::string DrmOutput::kept() const {
    return of_its_own_ ? std::string(of_connector) + wish_.connector : "";
}

std::string DrmOutput::connector_kept(const std::string& kept) {
    return kept.starts_with(of_connector) ? kept.substr(of_connector.size()) : "";
}

void DrmOutput::expect(const Plan& plan) {
    modes_ = plan.modes;
    if (!shows() && !plan.heads.empty() && layout_.rectangle() != layout_for(plan.mode).rectangle())
        layout_ = layout_for(plan.mode);
}

void DrmOutput::prepare(Card& card, const Plan& plan) {
    card_ = &card;
    if (plan.heads.empty() || plan.heads == planned_) return prepared_.reset();
    Rectangle wanted = layout_for(plan.mode).rectangle();
    auto fits = [&](const std::unique_ptr<Buffer>& buffer) {
        return buffer && buffer->layout().rectangle() == wanted;
    };
    if (fits(prepared_)) return;
    prepared_.reset();
    if (buffers_.empty() || !fits(buffers_[shown_])) prepared_ = card.make_buffer(plan.mode);
}

void DrmOutput::release(const Plan& plan) {
    for (const Head& old : heads_)
        if (std::none_of(plan.heads.begin(), plan.heads.end(),
                         [&](const Head& head) { return head.crtc == old.crtc; }))
            show({old.crtc, 0, 0, 0, std::nullopt, {}});
}

void DrmOutput::light(const Plan& plan) {
    failed_ = false;
    if (plan.heads.empty()) return darken();
    if (plan.heads == planned_) return;
    heads_.clear();
    planned_.clear();
    // What is shown goes when the new picture is shown.
    std::vector<std::unique_ptr<Buffer>> before = std::move(buffers_);
    buffers_.clear();
    buffers_.push_back(prepared_ ? std::move(prepared_) : std::move(before[shown_]));
    shown_ = 0;
    flipping_since_.reset();
    missing_.clear();
    std::string refused = show_on(plan.heads);
    before.clear();

    planned_ = plan.heads;
    on_ = true;
    layout_ = buffers_.front()->layout();
    repaint_ = true;
    find_telling();

    std::string names;
    for (const Head& head : heads_) names += (names.empty() ? "" : ", ") + head.name;
    bool warn = !plan.wanted_mode || !refused.empty();
    describe(warn ? OutputListener::Importance::warning : OutputListener::Importance::information,
             "showing on " + names + " of " + card_->name() + ", " + size_text(plan.mode) +
                 (telling_ == Telling::dirty  ? ", told what changed"
                  : telling_ == Telling::flip ? ", with two buffers"
                                              : ", which shows its memory") +
                 (plan.wanted_mode ? "" : "; it has no mode " + size_text(*wish_.mode)) + refused);
}

// All of the screens that can be had: one that is refused leaves the others alone, and is named. Throws where
// there is none.
std::string DrmOutput::show_on(const std::vector<Head>& heads) {
    std::string refused;
    for (const Head& head : heads) {
        try {
            show({head.crtc, buffers_.front()->framebuffer(), 0, 0, head.mode, {head.connector}});
            heads_.push_back(head);
        } catch (const std::system_error& error) {
            bool last = &head == &heads.back();
            if (card_trouble(error) || (last && heads_.empty())) throw;
            refused += "; not on " + head.name + ": " + error.what();
        }
    }
    return refused;
}

void DrmOutput::screens_are(bool on, bool repaint) {
    if (!shows()) return;
    if (on && (repaint || !on_)) repaint_ = true;
    on_ = on;
}

void DrmOutput::show(const CrtcState& state) {
    Answer answer = card_->set_crtc(state);
    if (answer != Answer::done)
        throw_answer(answer, "set CRTC " + std::to_string(state.crtc) + " of " + card_->name());
}

void DrmOutput::find_telling() {
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
            return answered(card_->dirty(buffers_.front()->framebuffer(), clipped_));
        Answer answer = card_->flip(heads_.front().crtc, buffers_[1 - shown_]->framebuffer());
        if (answer == Answer::not_supported) {
            // What is shown stays the only buffer, and lacks this frame. Setting the other one would ask for
            // the same memory that a flip had not.
            std::swap(buffers_.front(), buffers_[shown_]);
            buffers_.resize(1);
            shown_ = 0;
            missing_.clear();
            repaint_ = true;
            telling_ = Telling::direct;
            owner_.turn();
            return Presented::done;
        }
        Presented presented = answered(answer);
        if (answer == Answer::done) {
            // What is shown from now on is written next, and lacks just this frame.
            flipping_since_ = now;
            shown_ = 1 - shown_;
            missing_.assign(clipped_.begin(), clipped_.end());
        }
        return presented;
    } catch (const std::system_error& error) {
        if (auto trouble = card_trouble(error))
            owner_.lost(*trouble, error.what());
        else
            owner_.failed(*this, error.what());
        return Presented::done;
    }
}

DrmOutput::Presented DrmOutput::answered(Answer answer) {
    switch (answer) {
        case Answer::done:
            return Presented::done;
        case Answer::busy:
            return Presented::refused;
        case Answer::not_supported:
            telling_ = Telling::direct;
            return Presented::done;
        case Answer::not_master:
            owner_.lost(Presence::State::not_master, "somebody else has taken " + card_->name());
            break;
        case Answer::gone:
            owner_.lost(Presence::State::gone, card_->name() + " is gone");
            break;
    }
    return Presented::done;
}

void DrmOutput::flipped(Id crtc) {
    if (!heads_.empty() && heads_.front().crtc == crtc) flipping_since_.reset();
}

void DrmOutput::darken() noexcept {
    heads_.clear();
    planned_.clear();
    buffers_.clear();
    prepared_.reset();
    shown_ = 0;
    missing_.clear();
    flipping_since_.reset();
    on_ = false;
}

void DrmOutput::fail(const std::string& why) {
    darken();
    failed_ = true;
    description_ = why;
}

void DrmOutput::drop_card() noexcept {
    darken();
    card_ = nullptr;
}

void DrmOutput::set_mode(Mode mode) {
    layout_for(mode);  // throws for what no picture can be
    if (std::find(modes_.begin(), modes_.end(), mode) == modes_.end()) {
        if (modes_.empty() && mode == Mode{layout_.width, layout_.height}) return;
        if (modes_.empty())
            throw Refusal(Refusal::Kind::not_supported,
                          "there is no screen to set a mode of: " + description_);
        throw Refusal(Refusal::Kind::no_such_mode, size_text(mode) + " is no mode of the screen; see Modes");
    }
    auto before = std::exchange(wish_.mode, mode);
    if (!visible()) {  // shown in this mode once it is shown
        if (!suspended_) owner_.try_again();
        return;
    }
    auto refuse = [&](const std::string& why) {
        wish_.mode = before;
        throw Refusal(Refusal::Kind::failed, size_text(mode) + " could not be set: " + why);
    };
    try {
        // What there is no memory for is not even begun: shown as before.
        if (layout_.rectangle() != layout_for(mode).rectangle()) prepared_ = card_->make_buffer(mode);
    } catch (const std::system_error& error) {
        refuse(error.what());
    }
    failed_ = false;
    owner_.arrange();
    if (!failed_) return;
    // All of it anew, in the old mode.
    std::string why = description_;
    wish_.mode = before;
    owner_.try_again();
    refuse(why);
}

void DrmOutput::wanted() {
    if (!visible() && !suspended_) owner_.wanted();
}

void DrmOutput::suspend() {
    if (suspended_) return;
    suspended_ = true;
    owner_.go_on();
}

void DrmOutput::resume() {
    if (!suspended_) return;
    suspended_ = false;
    flipping_since_.reset();
    repaint_ = true;
    owner_.try_again();
}

}  // namespace hvfbd::drm
