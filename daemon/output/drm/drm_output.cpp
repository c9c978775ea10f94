#include "output/drm/drm_output.h"

#include <algorithm>

#include "base/error.h"

namespace hvfbd::drm {

namespace {

constexpr int no_master = EACCES, no_card = ENODEV;
constexpr std::string_view of_connector = "drm connector ";

std::string size_text(Mode mode) {
    return std::to_string(mode.width) + "x" + std::to_string(mode.height);
}

}  // namespace

void throw_answer(Answer answer, const std::string& tried) {
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

void DrmOutput::describe(OutputListener::Importance importance, const std::string& sentence) {
    description_ = sentence;
    if (sentence == last_said_) return;
    last_said_ = sentence;
    // What was not heard and does not hold any more is not said; what was only mentioned is.
    std::erase_if(unsaid_, [](const auto& one) { return !one.mentioned; });
    unsaid_.push_back({importance, sentence, false});
}

std::string DrmOutput::problem() const {
    if (suspended_) return "the machine goes to sleep";
    if (!shows()) return description_;
    return on_ ? std::string() : "the screen is switched off; switch it on";
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

std::string DrmOutput::save() const {
    return of_its_own_ ? std::string(of_connector) + wish_.connector : "";
}

std::string DrmOutput::saved_connector(const std::string& saved) {
    return saved.starts_with(of_connector) ? saved.substr(of_connector.size()) : "";
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
    flipping_.stop();
    stale_.clear();
    std::string refused = show_on(plan.heads);
    before.clear();

    planned_ = plan.heads;
    on_ = true;
    layout_ = buffers_.front()->layout();
    repaint_ = true;
    find_submission();

    std::string names;
    for (const Head& head : heads_) names += (names.empty() ? "" : ", ") + head.name;
    bool warn = !plan.wanted_mode || !refused.empty();
    describe(warn ? OutputListener::Importance::warning : OutputListener::Importance::information,
             "showing on " + names + " of " + card_->name() + ", " + size_text(plan.mode) +
                 (submission_ == Submission::dirty  ? ", with damage submitted"
                  : submission_ == Submission::flip ? ", with two buffers"
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

void DrmOutput::train_links(const std::vector<Connector>& connectors) {
    for (const Head& head : heads_) {
        if (std::ranges::none_of(connectors, [&](const Connector& connector) {
                return connector.id == head.connector && connector.link_bad;
            }))
            continue;
        try {
            show({head.crtc, buffers_[shown_]->framebuffer(), 0, 0, head.mode, {head.connector}});
            flipping_.stop();
            repaint_ = true;
            mention("the link to " + head.name + " had failed, and was trained anew");
        } catch (const std::system_error& error) {
            if (card_trouble(error)) throw;
            mention("the link to " + head.name + " has failed, and cannot be trained anew: " + error.what());
        }
    }
}

void DrmOutput::show(const CrtcState& state) {
    Answer answer = card_->set_crtc(state);
    if (answer != Answer::done)
        throw_answer(answer, "set CRTC " + std::to_string(state.crtc) + " of " + card_->name());
}

void DrmOutput::darken() noexcept {
    heads_.clear();
    planned_.clear();
    buffers_.clear();
    prepared_.reset();
    shown_ = 0;
    stale_.clear();
    flipping_.stop();
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
            throw RequestError(RequestError::Kind::not_supported,
                               "there is no screen to set a mode of: " + description_);
        throw RequestError(RequestError::Kind::no_such_mode,
                           size_text(mode) + " is no mode of the screen; see Modes");
    }
    auto before = std::exchange(wish_.mode, mode);
    if (!visible()) {  // shown in this mode once it is shown
        if (!suspended_) owner_.try_again();
        return;
    }
    auto refuse = [&](const std::string& why) {
        wish_.mode = before;
        throw RequestError(RequestError::Kind::failed, size_text(mode) + " could not be set: " + why);
    };
    try {
        // What there is no memory for is not even begun: shown as before.
        if (layout_.rectangle() != layout_for(mode).rectangle()) prepared_ = card_->make_buffer(mode);
    } catch (const std::exception& error) {
        refuse(error.what());
    }
    failed_ = false;
    try {
        owner_.arrange();
    } catch (const std::exception&) {
        // What came after the mode is done again, and said then.
        if (shows() && Mode{layout_.width, layout_.height} == mode) return;
        wish_.mode = before;
        throw;
    }
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
    owner_.update();
}

void DrmOutput::resume() {
    if (!suspended_) return;
    suspended_ = false;
    flipping_.stop();
    repaint_ = true;
    owner_.try_again();
}

}  // namespace hvfbd::drm
