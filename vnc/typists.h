#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "input/protocol/peer.h"
#include "vnc/typist.h"

namespace vnc {

// Who may type, and their way to hvfb-inputd.
class Typists {
  public:
    // `socket` is that of hvfb-inputd; empty: all clients only look.
    explicit Typists(std::string socket) : socket_(std::move(socket)) {}

    // Whether a user of this machine may. Nothing: it is none.
    bool may_type(const std::optional<input::Peer>& peer) const;
    // For a client that may. `say`: a sentence for the log, where keys do not come through. Nothing: it can
    // only look, and that has been said.
    std::unique_ptr<Typist> make(const std::function<void(const std::string&)>& say);

  private:
    const std::string socket_;
    std::shared_ptr<const ConsoleLayout> layout_;  // once somebody may type
};

}  // namespace vnc
