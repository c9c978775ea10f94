#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "base/event_loop.h"
#include "base/stored_descriptors.h"
#include "clients/channel.h"
#include "clients/client.h"
#include "clients/saved.h"

namespace hvfbd {

// The client of a surface or a viewer: who it is, its channel, and whether its process lives. Whole or not
// there.
class Peer {
  public:
    // What over() says of a peer that broke no rule. Static storage.
    struct Endings {
        std::string_view closed, died;
    };

    // Throws std::system_error.
    Peer(EventLoop& loop, Client client, const Endings& endings, Channel::Receive receive,
         Channel::Ends ends = Channel::make_ends());
    // Restores one that another process of the daemon saved. Throws std::system_error if a descriptor is not
    // there.
    Peer(EventLoop& loop, const SavedClient& saved, const PeerNames& names, RestoredDescriptors& restored,
         const Endings& endings, Channel::Receive receive);
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;
    SavedClient save() const;
    void add_stored_descriptors(const PeerNames& names, std::vector<StoredDescriptor>& stored) const;

    const Client& client() const { return client_; }
    std::uint64_t throttled() const { return channel_.throttled(); }
    // Why it is to be given up: it hung up, died or broke the protocol. Empty while it is well. Static
    // storage.
    std::string_view over() const { return over_; }
    bool violated() const { return violated_; }

    // See Channel.
    [[nodiscard]] Descriptor take_peer_end() { return channel_.take_peer_end(); }
    void send(const message::Packet& packet, std::shared_ptr<const Descriptor> attached = {}) noexcept {
        channel_.send(packet, std::move(attached));
    }
    void send_hello() noexcept { send(message::encode_hello()); }
    // Says that nothing more is shown to it, or of it.
    void revoke() noexcept { channel_.send_last(message::encode_revoked()); }

  private:
    Client client_;
    Endings endings_;
    std::string_view over_;
    bool violated_ = false;
    Channel channel_;
    LoopSource death_;
};

}  // namespace hvfbd
