#pragma once

#include <optional>
#include <string_view>

#include "clients/messages.h"

namespace hvfbd {

// HELLO is the first message of every channel, and comes once. Pure.
class HelloCheck {
  public:
    HelloCheck() = default;
    // Of a peer that is restored: it is served in any case. `received`: its HELLO is known to have come,
    // which is not so where the process before died with it.
    explicit HelloCheck(bool received) : complete_(true), received_(received) {}

    // Takes each message first. Returns why the peer must be hung up, if it must.
    std::optional<std::string_view> receive(const message::FromClient& message) {
        if (auto* hello = std::get_if<message::Hello>(&message)) {
            if (received_) return "it sent HELLO twice";
            if (hello->version != HVFB_PROTOCOL_VERSION)
                return "it speaks another version of the channel: update its libhvfb";
            complete_ = received_ = true;
        } else if (!complete_ && !std::holds_alternative<message::Unknown>(message)) {
            return "it did not send HELLO first";
        }
        return std::nullopt;
    }
    bool complete() const { return complete_; }
    bool received() const { return received_; }

  private:
    bool complete_ = false, received_ = false;
};

}  // namespace hvfbd
