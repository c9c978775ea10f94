#pragma once

#include <functional>
#include <string>

#include "common/descriptor.h"
#include "input/protocol/messages.h"

namespace vnc {

// The connection of one client to hvfb-inputd, with which what the client holds down goes up. Waits for
// nothing.
class InputLink {
  public:
    // `say`: a sentence for the log, where keys do not come through.
    InputLink(std::string path, std::function<void(const std::string&)> say)
        : path_(std::move(path)), say_(std::move(say)) {}
    // Connects, where it is not connected: before the first key, so that in_vain() is known early.
    void open();
    void send(const input::Packet& packet);
    // Readable: read() takes what it was told. -1: not connected.
    int fd() const { return socket_.get(); }
    void read();
    // Keys do not come through, as far as it was told.
    bool in_vain() const { return !trouble_.empty(); }

  private:
    bool connect();
    void say_trouble(const std::string& sentence);

    std::string path_;
    std::function<void(const std::string&)> say_;
    hvfbd::Descriptor socket_;
    std::string trouble_;
};

}  // namespace vnc
