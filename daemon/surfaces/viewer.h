#pragma once

#include <optional>
#include <string>

#include "base/event_loop.h"
#include "base/picture.h"
#include "base/region.h"
#include "surfaces/channel.h"
#include "surfaces/client.h"

namespace hvfbd {

// One who looks at front: gathers what changed since it was last told, and tells it when it asks.
class Viewer {
  public:
    Viewer(EventLoop& loop, unsigned number, Client client);

    unsigned number() const { return number_; }
    const Client& client() const { return client_; }
    [[nodiscard]] Descriptor take_peer_end() { return channel_.take_peer_end(); }

    // Front is what clients draw now. Before the first time nothing is told: what was drawn while nobody
    // looked, or in the last moment, is not in front yet, and who takes a single picture would take an old
    // one.
    void current(const Layout& layout, std::uint64_t frame, Time looked);
    // Front changed there. Told at once if the viewer waits for it.
    void changed(const Region& region, std::uint64_t frame, Time presented);
    // Front is another one now.
    void configure(const Picture& front);
    void revoke() noexcept;

    const std::string& over() const { return over_; }
    bool violated() const { return violated_; }

  private:
    std::optional<std::string_view> receive(const message::FromClient& message);
    void tell();

    unsigned number_;
    Client client_;
    Region untold_;
    bool introduced_ = false;
    bool started_ = false;  // current() was called
    bool waits_ = false;    // NEXT is unanswered
    std::uint64_t frame_ = 0, configure_serial_ = 0;
    Time presented_{};
    std::string over_;
    bool violated_ = false;
    Channel channel_;
    LoopSource death_;
};

}  // namespace hvfbd
