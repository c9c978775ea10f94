#include "surfaces/surface.h"

#include <sys/epoll.h>

#include <algorithm>

#include "surfaces/changed_pages.h"

namespace hvfbd {

Surface::Surface(EventLoop& loop, SurfaceNumber number, SurfaceOptions options, Client client,
                 const Layout& layout)
    : loop_(loop),
      number_(number),
      options_(std::move(options)),
      uid_(client.uid),
      shadow_(Picture::shadow(options_.layout.value_or(layout))) {
    connect(std::move(client));
    configure(layout);
}

Surface::Surface(EventLoop& loop, const KeptSurface& kept, Legacy& legacy, std::uint64_t first_serial)
    : loop_(loop),
      number_(kept.number),
      options_{kept.name, kept.explicit_damage, kept.keep},
      uid_(kept.uid),
      shadow_(Picture::shadow(legacy.demand(kept.shadow_name(kept.shadow)), kept.layout)),
      shadow_serial_(kept.shadow),
      last_serial_(std::max(kept.last_shadow, first_serial)),
      connections_(kept.connection) {
    if (kept.offer) {
        restore_offer(*kept.offer, legacy.demand(kept.shadow_name(kept.offer->serial)));
        take_what_is_drawn_on();
    }
    if (!kept.client) {
        abandon();
        return;
    }
    client_ = Client{kept.client->bus_name, kept.client->uid, static_cast<pid_t>(kept.client->pid), {}};
    if (kept.client->has_process) client_->pidfd = legacy.demand(kept.process_name());
    conversation_.emplace(shadow_.layout(), options_.explicit_damage, kept.introduction, first_serial,
                          loop.now());
    channel_.emplace(loop_, legacy.demand(kept.channel_name()), receiver(), hung_up());
    watch_client();
}

void Surface::restore_offer(const KeptOffer& kept, Descriptor buffer) {
    try {
        offer_ = Offer{kept.serial, Picture::shadow(buffer.duplicate(), kept.layout)};
    } catch (const std::system_error&) {
        if (Picture::taken(buffer)) throw;
        // No memory for a mode that nobody draws in yet is no reason to lose what is drawn. Should its client
        // take that buffer after all, the next offer brings it back: so there is one, even of the same
        // layout.
        offer_ = Offer{++last_serial_, copy_of(shadow_, shadow_.layout())};
    }
}

KeptSurface Surface::kept() const {
    KeptSurface kept;
    kept.number = number_;
    kept.name = options_.name;
    kept.explicit_damage = options_.explicit_damage;
    kept.keep = options_.keep;
    kept.uid = uid_;
    kept.layout = shadow_.layout();
    kept.shadow = shadow_serial_;
    kept.last_shadow = last_serial_;
    if (offer_) kept.offer = KeptOffer{offer_->serial, offer_->shadow.layout()};
    kept.connection = connections_;
    if (client_) {
        kept.client = KeptClient{client_->bus_name, client_->uid, static_cast<std::uint32_t>(client_->pid),
                                 static_cast<bool>(client_->pidfd)};
        kept.introduction = conversation_->introduction();
    }
    return kept;
}

void Surface::add_keepsakes(std::vector<Keepsake>& keepsakes) const {
    KeptSurface kept = this->kept();
    keepsakes.push_back({kept.shadow_name(shadow_serial_), shadow_.memfd().get()});
    if (offer_) keepsakes.push_back({kept.shadow_name(offer_->serial), offer_->shadow.memfd().get()});
    if (channel_) keepsakes.push_back({kept.channel_name(), channel_->near_end().get()});
    if (client_ && client_->pidfd) keepsakes.push_back({kept.process_name(), client_->pidfd.get()});
}

void Surface::connect(Client client) {
    client_ = std::move(client);
    ++connections_;
    conversation_.emplace(shadow_.layout(), options_.explicit_damage);
    told_state_.reset();
    alarm_.reset();
    alarm_tried_ = userfaultfd_answered_ = false;
    over_.clear();
    violated_ = false;
    channel_.emplace(loop_, receiver(), hung_up());
    watch_client();
}

Channel::Receive Surface::receiver() {
    return
        [this](const message::FromClient& message) { return conversation_->receive(message, loop_.now()); };
}

Channel::HungUp Surface::hung_up() {
    return [this](std::string_view violation) {
        violated_ = !violation.empty();
        over_ = violated_ ? violation : "its client closed the channel";
    };
}

void Surface::watch_client() {
    if (!client_->pidfd) return;
    death_ = loop_.watch(client_->pidfd.get(), EPOLLIN, [this](std::uint32_t) {
        // A pidfd stays readable: watched on, it would wake the loop for ever.
        death_.reset();
        if (over_.empty()) over_ = "its client died";
    });
}

Surface::Handles Surface::take_handles() {
    return {shadow_.memfd().duplicate(), channel_->take_peer_end()};
}

std::string_view Surface::tracking_state() const {
    if (!client_) return "none";
    // What the tracker said last is old where it was told since to stop, or is not asked any more.
    bool tracked = !conversation_->explicit_damage() && !conversation_->polled();
    if (tracked && told_state_ && told_state_->tracking == HVFB_TRACKING_OFF) return "off";
    if (tracked && told_state_ && told_state_->tracking == HVFB_TRACKING_COMPARE) return "comparing";
    return conversation_->tracker_state();
}

void Surface::tell_state(const message::State& state) {
    if (!client_ || !conversation_->introduced()) return;
    message::Packet packet;
    if (!told_state_) {
        message::encode_hello(packet);
        channel_->send(packet);
    }
    if (conversation_->sets_alarm() && !alarm_tried_) give_alarm();
    if (told_state_ == state) return;
    message::encode_state(packet, state);
    channel_->send(packet);
    told_state_ = state;
}

bool Surface::wants_userfaultfd() const {
    return client_ && told_state_ && !userfaultfd_answered_ && conversation_->wants_userfaultfd();
}

void Surface::give_userfaultfd(const Descriptor& device) {
    userfaultfd_answered_ = true;
    if (!device) return;
    message::Packet packet;
    message::encode_userfaultfd(packet);
    channel_->send(packet, device);
}

void Surface::give_alarm() {
    alarm_tried_ = true;
    try {
        alarm_.emplace(loop_, [this] { conversation_->rang(loop_.now()); });
    } catch (const std::system_error&) {
        return;  // no descriptor is left: a client without an alarm announces by messages
    }
    message::Packet packet;
    message::encode_alarm(packet);
    channel_->send(packet, alarm_->timer());
}

void Surface::collect(Time now) {
    tell_compared();
    message::Packet packet;
    message::encode_collect(packet, conversation_->begin_collection(now));
    channel_->send(packet);
}

void Surface::tell_compared() {
    auto compared = conversation_->take_compared();
    if (!compared) return;
    // Said to be everything, what had long become still would be left open for ever beside something that
    // moves.
    join_to(HVFB_WRITTEN_MAX, *compared);
    message::Packet packet;
    message::encode_compared(packet, conversation_->answered_serial(), *compared);
    channel_->send(packet);
}

void Surface::answer_frame(std::uint64_t frame, Time presented, bool shown) {
    const auto& request = conversation_->frame_request();
    if (!request) return;
    // A client that took this kept surface over meanwhile counts its own.
    frame = std::min(frame, request->frame);
    message::Packet packet;
    message::encode_presented(
        packet, {frame, static_cast<std::uint64_t>(presented.time_since_epoch().count()), shown});
    channel_->send(packet);
    conversation_->frame_answered(frame);
}

Picture Surface::copy_of(const Picture& picture, const Layout& layout) {
    Picture copy = Picture::shadow(layout);
    copy.start_from(picture);
    return copy;
}

void Surface::configure(const Layout& layout) {
    // Its picture stays whole: a larger mode may come again, and the next client begins with a buffer of its
    // own.
    if (!client_) return;
    const Layout& newest = offer_ ? offer_->shadow.layout() : shadow_.layout();
    if (newest == layout) return;
    offer_ = Offer{++last_serial_, copy_of(shadow_, layout)};
}

void Surface::send_offer() {
    if (!has_unsent_offer()) return;
    message::Packet packet;
    message::encode_configure(packet, offer_->serial, offer_->shadow.layout());
    channel_->send(packet, offer_->shadow.memfd());
    offer_->sent = true;
}

void Surface::take_configured(Time now) {
    auto serial = conversation_->take_configured();
    // An answer to an offer that a newer one has replaced: the newer one's answer is still to come.
    if (!serial || !offer_ || *serial != offer_->serial) return;
    shadow_ = std::move(offer_->shadow);
    shadow_serial_ = offer_->serial;
    offer_.reset();
    conversation_->start_over(shadow_.layout(), now);
}

// An offered buffer that its client has mapped: it draws there, whether what it said of it was read or not.
void Surface::take_what_is_drawn_on() {
    if (!offer_ || !offer_->shadow.taken()) return;
    shadow_ = std::move(offer_->shadow);
    shadow_serial_ = offer_->serial;
    offer_.reset();
}

void Surface::adopt(SurfaceOptions options, Client client, const Layout& layout, Time now) {
    abandon();
    // A new buffer even where the layout is the same: the last client sealed the old one against being mapped
    // again.
    const Layout& first = options.layout.value_or(layout);
    Picture shadow = copy_of(shadow_, first);
    std::optional<Picture> offered;
    if (first != layout) offered = copy_of(shadow_, layout);
    shadow_ = std::move(shadow);
    shadow_serial_ = ++last_serial_;
    options_ = std::move(options);
    connect(std::move(client));
    conversation_->start_over(first, now);
    if (offered) offer_ = Offer{++last_serial_, std::move(*offered)};
}

void Surface::abandon() {
    take_what_is_drawn_on();
    death_.reset();
    alarm_.reset();
    channel_.reset();
    offer_.reset();
    client_.reset();
    conversation_.emplace(shadow_.layout(), true);
    // What it stored last it may have had no time to report.
    conversation_->hints().add_everything();
    conversation_->announce(loop_.now());
    over_.clear();
    violated_ = false;
}

void Surface::revoke() noexcept {
    if (!channel_) return;
    message::Packet packet;
    message::encode_revoked(packet);
    channel_->send_last(packet);
}

}  // namespace hvfbd
