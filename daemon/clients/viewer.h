#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/event_loop.h"
#include "base/picture.h"
#include "base/region.h"
#include "base/stored_descriptors.h"
#include "clients/channel.h"
#include "clients/client.h"
#include "clients/saved.h"

namespace hvfbd {

// One who looks at front: gathers what changed since it was last told, and tells it when it asks.
class Viewer {
  public:
    Viewer(EventLoop& loop, unsigned number, Client client);
    // Goes on with one that another process of the daemon kept. Throws std::system_error if a descriptor is
    // not there.
    Viewer(EventLoop& loop, const SavedViewer& saved, RestoredDescriptors& restored,
           std::uint64_t first_serial);
    SavedViewer save() const;
    void add_stored_descriptors(std::vector<StoredDescriptor>& stored_descriptors) const;

    unsigned number() const { return number_; }
    const Client& client() const { return client_; }
    [[nodiscard]] Descriptor take_peer_end() { return channel_.take_peer_end(); }

    // Front is what clients draw now. Before the first time nothing is told: what was drawn while nobody
    // looked, or in the last moment, is not in front yet, and who takes a single picture would take an old
    // one.
    void current(const Picture& front, std::uint64_t frame, Time compared);
    // Front changed there and was presented. Told at once if the viewer waits for it.
    void changed(const Picture& front, const Region& region, std::uint64_t frame, Time presented);
    // Front is another one now, in which nothing is drawn yet: the viewer gets it with the first frame of it,
    // and keeps the last picture of the old one until then.
    void expect_front() { front_owed_ = true; }
    void revoke() noexcept;

    std::string_view over() const { return over_; }
    bool violated() const { return violated_; }

  private:
    Channel::Receive receiver();
    Channel::HungUp hung_up();
    void watch_client(EventLoop& loop);
    std::optional<std::string_view> receive(const message::FromClient& message);
    void configure(const Picture& front);
    void tell();

    unsigned number_;
    Client client_;
    Region pending_damage_;
    bool handshake_complete_ = false, greeted_ = false;  // the latter: its HELLO is known to have come
    bool started_ = false;                               // current() was called
    bool waits_ = false;                                 // NEXT is unanswered
    bool front_owed_ = false;                            // it has another front than is presented
    std::uint64_t frame_ = 0, configure_serial_ = 0;
    Time presented_{};
    std::string_view over_;  // static storage
    bool violated_ = false;
    Channel channel_;
    LoopSource death_;
};

}  // namespace hvfbd
