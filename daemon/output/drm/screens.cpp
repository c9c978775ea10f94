#include "output/drm/screens.h"

#include <sys/epoll.h>

#include <algorithm>

#include "base/error.h"

namespace hvfbd::drm {

namespace {

using Importance = OutputListener::Importance;

constexpr std::string_view and_then = "; tried again a few times, and when a screen or a client comes";

bool is_on(const Resources& resources, const std::vector<Head>& heads) {
    return std::any_of(resources.connectors.begin(), resources.connectors.end(), [&](const Connector& one) {
        return one.on && std::any_of(heads.begin(), heads.end(),
                                     [&](const Head& head) { return head.connector == one.id; });
    });
}

}  // namespace

Screens::Screens(EventLoop& loop, std::unique_ptr<CardPort> port, Options options)
    : loop_(loop),
      port_(std::move(port)),
      options_(std::move(options)),
      presence_(options_.gap),
      alarm_(loop, [this] { update(); }) {
    if (!options_.connector.empty()) options_.apart = false;  // there is but one
    if (!options_.apart) {
        options_.before.clear();
        add_displays({options_.connector});
    }
    events_watch_ = loop.watch(port_->descriptor(), EPOLLIN, [this](std::uint32_t) {
        if (port_->take_events()) {
            announced_ = true;
            presence_.happened(loop_.now());
        }
        update();
    });
    try_again();
    // Nobody listens yet: what there was to say is said in the first dispatch.
    request_dispatch();
}

Screens::~Screens() {
    restore_console();
    drop_card();
}

std::vector<Output*> Screens::all() {
    std::vector<Output*> all;
    for (const auto& display : displays_) all.push_back(display.get());
    return all;
}

void Screens::add_displays(const std::vector<std::string>& connectors) {
    DrmOutput::Owner& owner = *this;
    for (const std::string& connector : connectors) {
        std::size_t number = displays_.size();
        auto mode = number < options_.before.size() ? options_.before[number].mode : options_.mode;
        auto size = number < options_.sizes.size() ? options_.sizes[number] : std::nullopt;
        displays_.push_back(
            std::make_unique<DrmOutput>(loop_, owner, Wish{connector, mode}, options_.apart, size));
    }
}

// What the card has is known only now. The number of displays stays what it is from the first time on.
void Screens::give_connectors(const Resources& resources) {
    if (!options_.apart) return;
    std::vector<std::string> before;
    for (const auto& display : displays_) before.push_back(display->wish().connector);
    if (displays_.empty())
        for (const Wish& wish : options_.before) before.push_back(wish.connector);
    std::vector<std::string> connectors = connectors_in_order(resources, before);
    if (displays_.empty())
        return add_displays(connectors.empty() ? std::vector<std::string>{""} : connectors);
    // Another card may have come, as that of a graphics driver does after the firmware's.
    for (std::size_t i = 0; i < displays_.size(); ++i) displays_[i]->wish_for(connectors[i]);
    for (const Connector& connector : resources.connectors) {
        bool shown = std::any_of(displays_.begin(), displays_.end(), [&](const auto& display) {
            return display->wish().connector == connector.name;
        });
        if (shown || !connector.connected || !spare_.insert(connector.name).second) continue;
        displays_.front()->mention(connector.name + " of " + card_->name() +
                                   " was not there when hvfbd started; it is a display after a restart");
    }
}

bool Screens::nothing_is_shown() const {
    return std::none_of(displays_.begin(), displays_.end(),
                        [](const auto& display) { return display->shows(); });
}

void Screens::update() {
    bool asleep = std::any_of(displays_.begin(), displays_.end(),
                              [](const auto& display) { return display->suspended(); });
    if (!asleep && presence_.due(loop_.now())) attempt();
    for (const auto& display : displays_) display->say_what_there_is();
    alarm_.set(asleep ? std::nullopt : presence_.wake_at());
}

void Screens::try_again() {
    presence_.happened(loop_.now());
    update();
}

void Screens::wanted() {
    // A card that is had says by itself what is plugged in; asking its screens takes long for those that
    // show.
    bool some = std::any_of(displays_.begin(), displays_.end(),
                            [](const auto& display) { return display->visible(); });
    if (!some || presence_.state() != Presence::State::had) try_again();
}

void Screens::attempt() {
    try {
        // A card that shows is only asked what is plugged in. Otherwise it is opened anew: who opens a card
        // that has no master becomes it, and nothing else makes a master of a process that is not root.
        if (nothing_is_shown()) {
            drop_card();
            card_ = port_->open();
            watch_ = loop_.watch(card_->descriptor(), EPOLLIN,
                                 [this](std::uint32_t events) { card_is_ready(events); });
        }
        take(card_->resources());
    } catch (const std::system_error& error) {
        if (card_ && card_trouble(error) == Presence::State::not_master)
            lost(Presence::State::not_master, "somebody else has taken " + card_->name());
        else if (card_ && is_shortage(error))
            put_off();
        else
            lost(Presence::State::gone, error.what());
    } catch (const std::bad_alloc&) {
        put_off();
    }
}

void Screens::arrange() {
    try {
        take(card_->resources());
    } catch (const std::system_error& error) {
        if (is_shortage(error)) {
            put_off();
            throw;
        }
        lost(card_trouble(error).value_or(Presence::State::gone), error.what());
    } catch (const std::bad_alloc&) {
        put_off();
        throw;
    }
    update();
}

// What there is too little for is no loss of the card: what is shown stays, and what is plugged in is
// examined again. What failed while it was being lit is dark, and said to be.
void Screens::put_off() {
    presence_.found(nothing_is_shown() ? Presence::State::gone : Presence::State::incomplete, loop_.now());
    request_dispatch();
}

// What is plugged in, and whether that can be shown.
void Screens::take(const Resources& resources) {
    give_connectors(resources);
    std::vector<Wish> wishes;
    for (const auto& display : displays_) wishes.push_back(display->wish());
    std::vector<Plan> plans = choose(resources, wishes);
    for (std::size_t i = 0; i < displays_.size(); ++i) displays_[i]->expect(plans[i]);
    if (!card_->master()) return lost(Presence::State::not_master, "somebody else shows on " + card_->name());
    // Before others are lit: what no CRTC drove a moment ago is said to be switched off.
    bool repaint = std::exchange(announced_, false);
    for (const auto& display : displays_) display->screens_are(is_on(resources, display->heads()), repaint);
    for (const auto& display : displays_) display->train_links(resources.connectors);
    carry_out(plans);
}

void Screens::carry_out(const std::vector<Plan>& plans) {
    // One that cannot be shown leaves the others alone. What concerns the card concerns all.
    std::vector<std::string> failures(displays_.size());
    auto fail = [&](std::size_t i, const std::exception& why) {
        displays_[i]->fail(why.what());
        failures[i] = why.what();
    };
    auto each = [&](auto step) {
        for (std::size_t i = 0; i < displays_.size(); ++i) {
            if (!failures[i].empty()) continue;
            try {
                step(*displays_[i], plans[i]);
            } catch (const std::system_error& error) {
                if (card_trouble(error)) throw;
                fail(i, error);
            } catch (const std::exception& exception) {  // no memory, or rows that are no picture's
                fail(i, exception);
            }
        }
    };
    each([&](DrmOutput& display, const Plan& plan) {
        for (const Head& head : plan.heads)
            if (!console_.contains(head.crtc)) console_.emplace(head.crtc, card_->crtc(head.crtc));
        display.prepare(*card_, plan);
    });
    each([](DrmOutput& display, const Plan& plan) { display.release(plan); });
    each([](DrmOutput& display, const Plan& plan) { display.light(plan); });

    auto failure =
        std::find_if(failures.begin(), failures.end(), [](const auto& why) { return !why.empty(); });
    if (failure != failures.end() && nothing_is_shown()) return lost(Presence::State::gone, *failure);
    presence_.found(failure == failures.end() ? Presence::State::had : Presence::State::incomplete,
                    loop_.now());
    for (std::size_t i = 0; i < displays_.size(); ++i) {
        if (!failures[i].empty())
            displays_[i]->describe(Importance::warning, failures[i] + std::string(and_then));
        else if (plans[i].heads.empty())
            // Still the card's master, so that the screen is had once it is plugged in. A socket without a
            // screen is nothing to warn of where another has one, and without any one warning is enough.
            displays_[i]->describe(plans[i].modes.empty() && (i > 0 || !nothing_is_shown())
                                       ? Importance::information
                                       : Importance::warning,
                                   plans[i].obstacle + " (" + card_->name() + "); waiting for one");
    }
}

void Screens::card_is_ready(std::uint32_t events) {
    try {
        if ((events & (EPOLLHUP | EPOLLERR)) != 0) throw_errno("listen to " + card_->name(), ENODEV);
        for (Id crtc : card_->take_flips())
            for (const auto& display : displays_) display->flipped(crtc);
    } catch (const std::system_error& error) {
        lost(Presence::State::gone, error.what());
    }
    update();
}

void Screens::lost(Presence::State state, const std::string& why) {
    presence_.found(state, loop_.now());
    // Hidden now. The alarm brings the dispatch in which that is said, by one for all.
    request_dispatch();
    // The console is now that of whoever has the card.
    console_.clear();
    drop_card();
    if (displays_.empty()) {  // before there was a card to ask
        std::vector<std::string> connectors;
        for (const Wish& wish : options_.before) connectors.push_back(wish.connector);
        add_displays(connectors.empty() ? std::vector<std::string>{""} : connectors);
    }
    displays_.front()->describe(Importance::warning, why + std::string(and_then));
    for (const auto& display : displays_) display->describe(displays_.front()->description());
}

void Screens::failed(DrmOutput& display, const std::string& why) {
    display.fail(why);
    presence_.found(nothing_is_shown() ? Presence::State::gone : Presence::State::incomplete, loop_.now());
    request_dispatch();
    display.describe(Importance::warning, why + std::string(and_then));
}

void Screens::drop_card() noexcept {
    watch_.reset();
    for (const auto& display : displays_) display->drop_card();
    card_.reset();
}

void Screens::restore_console() noexcept {
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

}  // namespace hvfbd::drm
