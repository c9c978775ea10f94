#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/event_loop.h"
#include "clients/client_alarm.h"
#include "clients/client_state.h"
#include "clients/observer.h"
#include "clients/surface_buffers.h"

namespace hvfbd {

// One surface: its shadow, and the channel to the client that draws on it. A kept surface may have no client.
class Surface {
  public:
    static constexpr const char* kind = "surface";

    Surface(EventLoop& loop, SurfaceNumber number, SurfaceOptions options, Client client,
            const Layout& layout);
    // Restores one, and asks its client for nothing that it has done already. Throws std::system_error if a
    // descriptor is not there, or is not what it should be.
    Surface(EventLoop& loop, const SavedSurface& saved, RestoredDescriptors& restored,
            std::uint64_t first_serial);
    SavedSurface save() const;
    void add_stored_descriptors(std::vector<StoredDescriptor>& stored_descriptors) const;

    SurfaceNumber number() const { return number_; }
    const std::string& name() const { return options_.name; }
    bool keep() const { return options_.keep; }
    Layer layer() const { return options_.layer; }
    // Null while a kept surface has none.
    const Client* client() const { return connection_ ? &connection_->client() : nullptr; }
    uid_t uid() const { return uid_; }
    std::string_view tracking_state() const;

    // The picture that is shown now, and what is known of it.
    const Picture& shadow() const { return buffers_.shadow(); }
    ClientState& client_state() { return client_state_; }
    const ClientState& client_state() const { return client_state_; }

    // The client's end of the channel, once, and a duplicate of the shadow's descriptor for it.
    struct Handles {
        Descriptor buffer, channel;
    };
    Handles take_handles();

    // Sends the state if it differs from the last one sent.
    void send_state(const message::State& state);
    // It asked for a userfaultfd, was sent its state, and was not answered yet.
    bool wants_userfaultfd() const;
    // Answers it: with /dev/userfaultfd, or with nothing if that is none. Once a client.
    void give_userfaultfd(Descriptor device);
    // As if it had not been answered.
    void forget_userfaultfd() {
        if (connection_) connection_->userfaultfd_answered = false;
    }
    void collect(Time now);
    // To a client that reports by itself: which of the pages that it left open differ.
    void send_compared();
    // Answers FRAME up to this one.
    void answer_frame(std::uint64_t frame, Time presented, bool shown);
    // Makes a new buffer of this layout, with a clipped copy of the picture, to be offered. Without a client
    // the picture stays what it is, and is shown clipped. Throws std::system_error, and nothing has changed.
    void configure(const Layout& layout);
    // Offers it, once it is saved: a client may take it and draw there although this process has ended. Not
    // before HELLO and STATE, which are the first that a client is sent.
    bool has_unsent_offer() const {
        return connection_ && connection_->sent_state && buffers_.has_unsent_offer();
    }
    void send_offer();
    // Takes the offered buffer, if the client has answered.
    void take_configured(Time now);

    // A new client, which starts from the picture that the last one left, in a buffer of this layout. Throws
    // std::system_error, and nothing has changed.
    Handles adopt(SurfaceOptions options, Client client, const Layout& layout, Time now);
    // Notifies that it is closed, and revokes its client. Where the observer throws it stays open.
    void close(Observer& observer, std::string_view why);
    // It goes with the client that is gone.
    bool ended() const { return !keep() && !over().empty(); }
    // The client is gone. Notifies that it is closed (false), or that only the picture stays (true).
    bool client_gone(Observer& observer, std::string_view why);

    // Why its client is to be given up: it hung up, died or broke the protocol. Empty while it is well.
    std::string_view over() const { return connection_ ? connection_->over() : std::string_view{}; }
    bool violated() const { return connection_ && connection_->violated(); }
    std::uint64_t throttled() const {
        return throttled_before_ + (connection_ ? connection_->throttled() : 0);
    }
    // Since when a kept surface has had no client.
    std::optional<Time> idle_since() const { return idle_since_; }

  private:
    static constexpr Peer::Endings endings = {"its client closed the channel", "its client died"};

    // The client that draws, and what it was sent of all that is sent once.
    struct Connection : Peer {
        using Peer::Peer;
        std::optional<message::State> sent_state;  // the last one
        bool userfaultfd_answered = false, alarm_tried = false;
        std::optional<ClientAlarm> alarm;
    };
    void give_alarm();
    void drop_client();
    void send(const message::Packet& packet, std::shared_ptr<const Descriptor> attached = {}) noexcept;
    Channel::Receive receiver();

    EventLoop& loop_;
    SurfaceNumber number_;
    SurfaceOptions options_;
    uid_t uid_;
    SurfaceBuffers buffers_;
    std::uint64_t connections_ = 0;       // clients it has had
    std::uint64_t throttled_before_ = 0;  // of those that are gone
    std::optional<Time> idle_since_;

    ClientState client_state_;
    std::unique_ptr<Connection> connection_;
};

}  // namespace hvfbd
