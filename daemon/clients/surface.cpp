#include "clients/surface.h"

#include <algorithm>
#include <type_traits>

#include "clients/changed_pages.h"

namespace hvfbd {

// What adopt() relies on.
static_assert(std::is_nothrow_move_assignable_v<SurfaceBuffers> &&
              std::is_nothrow_move_assignable_v<ClientState> &&
              std::is_nothrow_move_assignable_v<SurfaceOptions>);

Surface::Surface(EventLoop& loop, SurfaceNumber number, SurfaceOptions options, Client client,
                 const Layout& layout)
    : loop_(loop),
      number_(number),
      options_(std::move(options)),
      uid_(client.uid),
      buffers_(options_.layout.value_or(layout)),
      connections_(1),
      client_state_(shadow().layout(), options_.explicit_damage),
      connection_(std::make_unique<Connection>(loop, std::move(client), endings, receiver())) {
    configure(layout);
}

Surface::Surface(EventLoop& loop, const SavedSurface& saved, RestoredDescriptors& restored,
                 std::uint64_t first_serial)
    : loop_(loop),
      number_(saved.number),
      options_{saved.name, saved.explicit_damage, saved.keep, std::nullopt,
               saved.background ? Layer::background : Layer::normal},
      uid_(saved.uid),
      buffers_(saved, restored, first_serial),
      connections_(saved.connection),
      client_state_(saved.layout, options_.explicit_damage) {
    if (!saved.client) {
        drop_client();
        return;
    }
    client_state_ =
        ClientState(shadow().layout(), options_.explicit_damage, saved.handshake, first_serial, loop.now());
    if (saved.frame) client_state_.request_frame(*saved.frame, loop.now());
    connection_ =
        std::make_unique<Connection>(loop_, *saved.client, saved.peer_names(), restored, endings, receiver());
}

SavedSurface Surface::save() const {
    SavedSurface saved;
    saved.number = number_;
    saved.name = options_.name;
    saved.explicit_damage = options_.explicit_damage;
    saved.keep = options_.keep;
    saved.background = options_.layer == Layer::background;
    saved.uid = uid_;
    saved.connection = connections_;
    buffers_.save(saved);
    if (connection_) {
        saved.client = connection_->save();
        saved.handshake = client_state_.handshake();
        if (const auto& request = client_state_.frame_request()) saved.frame = request->frame;
    }
    return saved;
}

void Surface::add_stored_descriptors(std::vector<StoredDescriptor>& stored_descriptors) const {
    SavedSurface saved = this->save();
    buffers_.add_stored_descriptors(saved, stored_descriptors);
    if (connection_) connection_->add_stored_descriptors(saved.peer_names(), stored_descriptors);
}

Channel::Receive Surface::receiver() {
    return [this](const message::FromClient& message) { return client_state_.receive(message, loop_.now()); };
}

Surface::Handles Surface::take_handles() {
    return {duplicate(shadow().memfd()), connection_->take_peer_end()};
}

std::string_view Surface::tracking_state() const {
    if (!connection_) return "none";
    // What the tracker said last is old where it was sent another state since, or is not asked any more.
    bool tracked = !client_state_.explicit_damage() && !client_state_.polled();
    const auto& sent = connection_->sent_state;
    if (tracked && sent && sent->tracking == HVFB_TRACKING_OFF) return "off";
    if (tracked && sent && sent->tracking == HVFB_TRACKING_COMPARE) return "comparing";
    return client_state_.tracker_state();
}

void Surface::send_state(const message::State& state) {
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
    send_compared();
    send(message::encode_collect(client_state_.begin_collection(now)));
}

void Surface::send_compared() {
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
    // The next client of a kept surface counts its own.
    frame = std::min(frame, request->frame);
    send(message::encode_presented(
        {frame, static_cast<std::uint64_t>(presented.time_since_epoch().count()), shown}));
    client_state_.frame_answered(frame);
}

void Surface::configure(const Layout& layout) {
    // Its picture stays whole: a larger mode may come again, and the next client begins with a buffer of its
    // own.
    if (!connection_ || buffers_.wanted_layout() == layout) return;
    // What its client draws on already is what the new buffer is to hold.
    if (buffers_.take_mapped()) client_state_.start_over(shadow().layout(), loop_.now());
    buffers_.offer(layout);
}

void Surface::send_offer() {
    if (has_unsent_offer()) buffers_.send_offer(*connection_);
}

void Surface::take_configured(Time now) {
    auto serial = client_state_.take_configured();
    if (serial && buffers_.take(*serial)) client_state_.start_over(shadow().layout(), now);
}

Surface::Handles Surface::adopt(SurfaceOptions options, Client client, const Layout& layout, Time now) {
    buffers_.take_mapped();
    // Everything is acquired before anything changes.
    const Layout first = options.layout.value_or(layout);
    SurfaceBuffers buffers = buffers_.copy(first, layout);
    ClientState client_state(first, options.explicit_damage);
    client_state.start_over(first, now);
    auto connection = std::make_unique<Connection>(loop_, std::move(client), endings, receiver());
    Handles handles{duplicate(buffers.shadow().memfd()), connection->take_peer_end()};

    throttled_before_ = throttled();
    connection_ = std::move(connection);
    client_state_ = std::move(client_state);
    buffers_ = std::move(buffers);
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
    buffers_.withdraw_offers();
    throttled_before_ = throttled();
    connection_.reset();
    client_state_ = ClientState(shadow().layout(), true);
    // What it stored last it may have had no time to report.
    client_state_.expect_damage(loop_.now());
    idle_since_ = loop_.now();
}

void Surface::close(Observer& observer, std::string_view why) {
    observer.surface_closed(number_, name(), why);
    if (connection_) connection_->revoke();
}

}  // namespace hvfbd
