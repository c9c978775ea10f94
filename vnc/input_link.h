#pragma once

#include <functional>
#include <string>

#include "common/descriptor.h"
#include "input/protocol/messages.h"

namespace vnc {

// The connection of one client to hvfb-inputd: made at its first key, and with it what the client holds down
// goes up. Waits for nothing.
class InputLink {
  public:
    // `say`: a sentence for the log, where keys do not come through.
    InputLink(std::string path, std::function<void(const std::string&)> say)
        : path_(std::move(path)), say_(std::move(say)) {}
    void send(const input::Packet& packet);

  private:
    bool connect();
    void read_states();
    void say_trouble(const std::string& sentence);

    std::string path_;
    std::function<void(const std::string&)> say_;
    hvfbd::Descriptor socket_;
    std::string trouble_;
};

}  // namespace vnc
