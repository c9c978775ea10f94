#include "clients/surface.h"

#include <algorithm>
#include <type_traits>

#include "clients/changed_pages.h"

namespace hvfbd {

// What adopt() and take() rely on.
static_assert(std::is_nothrow_move_assignable_v<Picture> && std::is_nothrow_move_assignable_v<ClientState> &&
              std::is_nothrow_move_assignable_v<SurfaceOptions>);

Surface::Surface(EventLoop& loop, SurfaceNumber number, SurfaceOptions options, Client client,
                 const Layout& layout)
    : loop_(loop),
      number_(number),
      options_(std::move(options)),
      uid_(client.uid),
      shadow_(Picture::shadow(options_.layout.value_or(layout))),
      connections_(1),
      client_state_(shadow_.layout(), options_.explicit_damage),
      connection_(std::make_unique<Connection>(loop, std::move(client), endings, receiver())) {
    configure(layout);
}

Surface::Surface(EventLoop& loop, const SavedSurface& saved, RestoredDescriptors& restored,
                 std::uint64_t first_serial)
    : loop_(loop),
      number_(saved.number),
      options_{saved.name, saved.explicit_damage, saved.keep},
      uid_(saved.uid),
      shadow_(Picture::shadow(restored.demand(saved.shadow_name(saved.shadow)), saved.layout)),
      shadow_serial_(saved.shadow),
      last_serial_(std::max(saved.last_shadow, first_serial)),
      connections_(saved.connection),
      client_state_(saved.layout, options_.explicit_damage) {
    if (saved.replaced)
        restore_replaced(*saved.replaced, restored.take(saved.shadow_name(saved.replaced->serial)));
    if (saved.offer) restore_offer(*saved.offer, restored.demand(saved.shadow_name(saved.offer->serial)));
    take_what_is_drawn_on();
    if (!saved.client) {
        drop_client();
        return;
    }
    client_state_ =
        ClientState(shadow_.layout(), options_.explicit_damage, saved.handshake, first_serial, loop.now());
    connection_ =
        std::make_unique<Connection>(loop_, *saved.client, saved.peer_names(), restored, endings, receiver());
}

void Surface::restore_offer(const SavedOffer& saved, Descriptor buffer) {
    bool taken = Picture::taken(buffer);
    try {
        offer_ = Offer{saved.serial, Picture::shadow(std::move(buffer), saved.layout), false, true};
    } catch (const std::system_error&) {
        if (taken) throw;
        // No memory for a mode that nobody draws in yet is no reason to lose what is drawn. Should its client
        // take that buffer after all, the next offer brings it back: so there is one, even of the same
        // layout.
        offer_ = Offer{++last_serial_, copy_of(shadow_, shadow_.layout())};
    }
}

void Surface::restore_replaced(const SavedOffer& saved, Descriptor buffer) {
    if (!buffer) return;
    bool taken = Picture::taken(buffer);
    try {
        replaced_ = Offer{saved.serial, Picture::shadow(std::move(buffer), saved.layout), true, true};
    } catch (const std::system_error&) {
        if (taken) throw;
    }
}

SavedSurface Surface::save() const {
    SavedSurface saved;
    saved.number = number_;
    saved.name = options_.name;
    saved.explicit_damage = options_.explicit_damage;
    saved.keep = options_.keep;
    saved.uid = uid_;
    saved.layout = shadow_.layout();
    saved.shadow = shadow_serial_;
    saved.last_shadow = last_serial_;
    if (offer_) saved.offer = SavedOffer{offer_->serial, offer_->shadow.layout()};
    if (replaced_) saved.replaced = SavedOffer{replaced_->serial, replaced_->shadow.layout()};
    saved.connection = connections_;
    if (connection_) {
        saved.client = connection_->save();
        saved.handshake = client_state_.handshake();
    }
    return saved;
}

void Surface::add_stored_descriptors(std::vector<StoredDescriptor>& stored_descriptors) const {
    SavedSurface saved = this->save();
    stored_descriptors.push_back({saved.shadow_name(shadow_serial_), shadow_.memfd().get()});
    for (const auto* offer : {&replaced_, &offer_})
        if (*offer)
            stored_descriptors.push_back(
                {saved.shadow_name((*offer)->serial), (*offer)->shadow.memfd().get()});
    if (connection_) connection_->add_stored_descriptors(saved.peer_names(), stored_descriptors);
}

Channel::Receive Surface::receiver() {
    return [this](const message::FromClient& message) { return client_state_.receive(message, loop_.now()); };
}

Surface::Handles Surface::take_handles() {
    return {shadow_.memfd().duplicate(), connection_->take_peer_end()};
}

std::string_view Surface::tracking_state() const {
    if (!connection_) return "none";
    // What the tracker said last is old where it was told since to stop, or is not asked any more.
    bool tracked = !client_state_.explicit_damage() && !client_state_.polled();
    const auto& sent = connection_->sent_state;
    if (tracked && sent && sent->tracking == HVFB_TRACKING_OFF) return "off";
    if (tracked && sent && sent->tracking == HVFB_TRACKING_COMPARE) return "comparing";
    return client_state_.tracker_state();
}

void Surface::tell_state(const message::State& state) {
    if (!connection_ || !client_state_.handshake_complete()) return;
    if (!connection_->sent_state) connection_->send_hello();
    if (client_state_.sets_alarm()) give_alarm();
    if (connection_->sent_state == state) return;
    send(message::encode_state(state));
    connection_->sent_state = state;
}

void Surface::give_alarm() {
    if (std::exchange(connection_->alarm_tried, true)) return;
    try {
        connection_->alarm.emplace(loop_, [this] { client_state_.rang(loop_.now()); });
    } catch (const std::exception&) {
        // Without one it announces by messages.
        return;
    }
    send(message::encode_alarm(), connection_->alarm->timer());
}

void Surface::send(const message::Packet& packet, std::shared_ptr<const Descriptor> attached) noexcept {
    if (connection_) connection_->send(packet, std::move(attached));
}

bool Surface::wants_userfaultfd() const {
    return connection_ && connection_->sent_state && !connection_->userfaultfd_answered &&
           client_state_.wants_userfaultfd();
}

void Surface::give_userfaultfd(Descriptor device) {
    connection_->userfaultfd_answered = true;
    if (!device) return;
    send(message::encode_userfaultfd(), std::make_shared<const Descriptor>(std::move(device)));
}

void Surface::collect(Time now) {
    tell_compared();
    send(message::encode_collect(client_state_.begin_collection(now)));
}

void Surface::tell_compared() {
    auto compared = client_state_.take_compared();
    if (!compared) return;
    // Said to be everything, what had long become still would be left open for ever beside something that
    // moves.
    join_to(HVFB_WRITTEN_MAX, *compared);
    send(message::encode_compared(client_state_.answered_serial(), *compared));
}

void Surface::answer_frame(std::uint64_t frame, Time presented, bool shown) {
    const auto& request = client_state_.frame_request();
    if (!request) return;
    // A client that took this kept surface over meanwhile counts its own.
    frame = std::min(frame, request->frame);
    send(message::encode_presented(
        {frame, static_cast<std::uint64_t>(presented.time_since_epoch().count()), shown}));
    client_state_.frame_answered(frame);
}

Picture Surface::copy_of(const Picture& picture, const Layout& layout) {
    Picture copy = Picture::shadow(layout);
    copy.start_from(picture);
    return copy;
}

void Surface::configure(const Layout& layout) {
    // Its picture stays whole: a larger mode may come again, and the next client begins with a buffer of its
    // own.
    if (!connection_) return;
    if ((offer_ ? offer_->shadow.layout() : shadow_.layout()) == layout) return;
    // What its client draws on already is what the new buffer is to hold, though CONFIGURED is still to be
    // read.
    if (take_what_is_drawn_on()) client_state_.start_over(shadow_.layout(), loop_.now());
    if (!offer_ && shadow_.layout() == layout) return;
    Offer offer{last_serial_ + 1, copy_of(shadow_, layout)};
    ++last_serial_;
    if (offer_ && (offer_->sent || offer_->restored)) replaced_ = std::move(offer_);
    offer_ = std::move(offer);
}

void Surface::send_offer() {
    if (!has_unsent_offer()) return;
    send(message::encode_configure(offer_->serial, offer_->shadow.layout()), offer_->shadow.share());
    offer_->sent = true;
}

// Its client draws there from now on. A newer offer stays one.
void Surface::take(Offer& offer) {
    shadow_ = std::move(offer.shadow);
    shadow_serial_ = offer.serial;
    if (offer_ && &offer == &*offer_) offer_.reset();
    replaced_.reset();
}

void Surface::take_configured(Time now) {
    auto serial = client_state_.take_configured();
    if (!serial) return;
    if (offer_ && *serial == offer_->serial)
        take(*offer_);
    else if (replaced_ && *serial == replaced_->serial)
        take(*replaced_);
    else if (*serial != shadow_serial_)  // said again, or replaced twice
        return;
    client_state_.start_over(shadow_.layout(), now);
}

// An offered buffer that its client has mapped: it draws there, whether what it said of it was read or not.
bool Surface::take_what_is_drawn_on() {
    for (auto* offer : {&offer_, &replaced_}) {
        if (!*offer || !(*offer)->shadow.taken()) continue;
        take(**offer);
        return true;
    }
    return false;
}

Surface::Handles Surface::adopt(SurfaceOptions options, Client client, const Layout& layout, Time now) {
    take_what_is_drawn_on();
    // Everything is acquired before anything changes. A new buffer even where the layout is the same: the
    // last client sealed the old one against being mapped again.
    const Layout first = options.layout.value_or(layout);
    Picture buffer = copy_of(shadow_, first);
    std::optional<Offer> offer;
    if (first != layout) offer = Offer{last_serial_ + 2, copy_of(shadow_, layout)};
    ClientState client_state(first, options.explicit_damage);
    client_state.start_over(first, now);
    auto connection = std::make_unique<Connection>(loop_, std::move(client), endings, receiver());
    Handles handles{buffer.memfd().duplicate(), connection->take_peer_end()};

    throttled_before_ = throttled();
    connection_ = std::move(connection);
    client_state_ = std::move(client_state);
    shadow_ = std::move(buffer);
    shadow_serial_ = ++last_serial_;
    if (offer) last_serial_ = offer->serial;
    offer_ = std::move(offer);
    replaced_.reset();
    options_ = std::move(options);
    ++connections_;
    idle_since_.reset();
    return handles;
}

bool Surface::client_gone(Observer& observer, std::string_view why) {
    if (!keep()) {
        close(observer, why);
        return false;
    }
    drop_client();
    observer.surface_client_changed(number_, name(), std::string(why) + "; its picture is kept");
    return true;
}

void Surface::drop_client() {
    take_what_is_drawn_on();
    throttled_before_ = throttled();
    connection_.reset();
    offer_.reset();
    replaced_.reset();
    client_state_ = ClientState(shadow_.layout(), true);
    // What it stored last it may have had no time to report.
    client_state_.hints().add_everything();
    client_state_.announce(loop_.now());
    idle_since_ = loop_.now();
}

void Surface::close(Observer& observer, std::string_view why) {
    observer.surface_closed(number_, name(), why);
    if (connection_) connection_->revoke();
}

}  // namespace hvfbd
