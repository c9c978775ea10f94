#include "clients/client_connection.h"

#include <sys/epoll.h>

#include <utility>

namespace hvfbd {

ClientConnection::ClientConnection(EventLoop& loop, Client client, Channel::Receive receive)
    : loop_(loop), client_(std::move(client)), channel_(loop, std::move(receive), hung_up()) {
    watch_process();
}

ClientConnection::ClientConnection(EventLoop& loop, Client client, Descriptor near_end,
                                   Channel::Receive receive)
    : loop_(loop),
      client_(std::move(client)),
      channel_(loop, std::move(near_end), std::move(receive), hung_up()) {
    watch_process();
}

Channel::HungUp ClientConnection::hung_up() {
    return [this](Channel::Ending ending, std::string_view why) {
        violated_ = ending == Channel::Ending::violation;
        over_ = ending == Channel::Ending::closed ? "its client closed the channel" : why;
    };
}

void ClientConnection::watch_process() {
    if (!client_.pidfd) return;
    death_ = loop_.watch(client_.pidfd.get(), EPOLLIN, [this](std::uint32_t) {
        // A pidfd stays readable: watched on, it would wake the loop for ever.
        death_.reset();
        if (over_.empty()) over_ = "its client died";
    });
}

void ClientConnection::give_alarm(std::function<void()> rang) {
    if (std::exchange(alarm_tried_, true)) return;
    message::Packet packet;
    message::encode_alarm(packet);
    try {
        alarm_.emplace(loop_, std::move(rang));
    } catch (const std::exception&) {
        return;
    }
    channel_.send(packet, alarm_->timer());
}

}  // namespace hvfbd
