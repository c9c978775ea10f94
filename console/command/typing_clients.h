#pragma once

#include <poll.h>

#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "common/descriptor.h"
#include "console/command/keyboard.h"
#include "console/command/wire.h"
#include "input/listening.h"

namespace console {

// Who types to a command: programs that say to this socket what they would say to hvfb-inputd, such as
// hvfb-vnc. Each has a keyboard of its own. Pointers and fingers are nothing to a terminal.
class TypingClients {
  public:
    using Log = std::function<void(const std::string& sentence)>;

    // Makes the socket. Whoever has this process's user, root, and members of the socket's group may type.
    // Throws std::system_error, std::runtime_error.
    TypingClients(const std::string& path, Log log);
    TypingClients(const TypingClients&) = delete;
    TypingClients& operator=(const TypingClients&) = delete;
    // Removes the socket.
    ~TypingClients();

    // For poll(2), behind what is there. `takes_keys`: whether keys are wanted; otherwise they wait.
    void watch(std::vector<pollfd>& watched, bool takes_keys) const;
    // What was typed, after poll(2). `watched`: what watch() put there.
    std::vector<TypedKey> take(std::span<const pollfd> watched);

  private:
    struct Client {
        hvfbd::Descriptor socket;
        Keyboard keyboard;
    };
    static constexpr std::size_t most_clients = 64;

    void take_callers();
    void admit(hvfbd::Descriptor socket);
    // False: it has gone, or is to go.
    bool take_messages(Client& client, std::vector<TypedKey>& keys) const;

    const std::shared_ptr<xkb_keymap> keymap_;
    const input::Listening listening_;
    const Log log_;
    std::list<Client> clients_;
    bool has_shortage_ = false;  // callers wait until something else has happened
};

}  // namespace console
