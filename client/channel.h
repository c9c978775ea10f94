#pragma once

#include <cerrno>
#include <span>

#include "descriptor.h"
#include "messages.h"

namespace hvfb {

// The client's end of the channel. Sending is thread-safe; one thread receives. Nothing here waits.
class Channel {
  public:
    Channel() = default;
    explicit Channel(Descriptor socket) : socket_(static_cast<Descriptor&&>(socket)) {}

    int get() const { return socket_.get(); }
    void out_of_the_way() { socket_.out_of_the_way(); }
    // Becomes this other one, also for those who are about to send. 0 or a negative errno.
    int replace(const Channel& other) { return socket_.become(other.socket_); }
    void close() { socket_.reset(); }
    // Nothing comes or goes any more, also for those who are about to send: the number stays. The daemon
    // takes it that the client has gone.
    void hang_up();

    // 0, or a negative errno; -EAGAIN: the daemon does not read; -ENOBUFS: the kernel has no memory for it
    // now. -EBADF: the program has closed it.
    int send(const message::Packet& packet) const;
    // Whether it may be tried again, by what send said.
    static bool later(int result) { return result == -EAGAIN || result == -ENOBUFS; }

    struct Received {
        message::FromDaemon message;
        Descriptor
            descriptor;  // with CONFIGURE, ALARM and USERFAULTFD; none if this process may have no more
    };
    // 1: there is a message. 0: there is none now. Negative errno: it is over; -ECONNRESET: hung up, -EPROTO:
    // malformed, -EBADF: the program has closed it.
    int receive(Received& received) const;
    // The same, just after another one.
    int receive_more(Received& received) const;

  private:
    Descriptor socket_;
};

}  // namespace hvfb
