#include "clients/peer.h"

#include <sys/epoll.h>

#include <utility>

namespace hvfbd {

Peer::Peer(EventLoop& loop, const SavedClient& saved, const PeerNames& names, RestoredDescriptors& restored,
           const Endings& endings, Channel::Receive receive)
    : Peer{loop,
           Client{saved.bus_name, saved.uid, static_cast<pid_t>(saved.pid),
                  saved.has_process ? restored.demand(names.process) : Descriptor{}},
           endings, std::move(receive), Channel::Ends{restored.demand(names.channel), {}}} {}

Peer::Peer(EventLoop& loop, Client client, const Endings& endings, Channel::Receive receive,
           Channel::Ends ends)
    : client_(std::move(client)),
      endings_(endings),
      channel_(loop, std::move(ends), std::move(receive),
               [this](Channel::Ending ending, std::string_view why) {
                   violated_ = ending == Channel::Ending::violation;
                   over_ = ending == Channel::Ending::closed ? endings_.closed : why;
               }) {
    if (!client_.pidfd) return;
    death_ = loop.watch(client_.pidfd.get(), EPOLLIN, [this](std::uint32_t) {
        // A pidfd stays readable: watched on, it would wake the loop for ever.
        death_.reset();
        if (over_.empty()) over_ = endings_.died;
    });
}

SavedClient Peer::save() const {
    return {client_.bus_name, client_.uid, static_cast<std::uint32_t>(client_.pid),
            static_cast<bool>(client_.pidfd)};
}

void Peer::add_stored_descriptors(const PeerNames& names, std::vector<StoredDescriptor>& stored) const {
    stored.push_back({names.channel, channel_.near_end().get()});
    if (client_.pidfd) stored.push_back({names.process, client_.pidfd.get()});
}

}  // namespace hvfbd
