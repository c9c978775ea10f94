#pragma once

#include <list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/descriptor.h"
#include "input/device.h"
#include "input/input_state.h"
#include "input/protocol/messages.h"

namespace input {

struct ServerOptions {
    unsigned most_clients = 64;
    // Of the socket, to be asked for its group.
    std::string path;
    // It ends when it removes its devices: somebody starts it again.
    bool leaves = false;
};

// Takes clients from a listening socket, and their messages, and has the devices.
class Server {
  public:
    Server(ServerOptions options, hvfbd::Descriptor listening, Devices& devices);
    // Until a signal is readable from `signals`, or until it leaves. Throws std::system_error for what
    // waiting does not mend.
    void run(int signals);

  private:
    struct Client {
        InputState::Client number;
        hvfbd::Descriptor socket;
        std::optional<Verdict> told;
    };

    bool dispatch(int signals);
    int timeout() const;
    void take_callers();
    void admit(hvfbd::Descriptor socket);
    // False: it has gone, or is to go.
    bool take_messages(Client& client);
    bool take(Client& client, std::span<const std::byte> packet);
    void end(std::list<Client>::iterator client);
    bool tell(Client& client, Verdict verdict);
    void say(const std::vector<InputState::Report>& reports);
    Device* device(Kind kind);
    std::vector<Device*> devices_made() const;
    void let_devices_go_on();
    void remove_devices();
    Verdict devices_verdict();
    void say_trouble(const std::string& sentence);
    void tell_manager() const;

    const ServerOptions options_;
    const hvfbd::Descriptor listening_;
    Devices& devices_;
    InputState state_;
    std::list<Client> clients_;
    InputState::Client connections_ = 0;
    std::unique_ptr<Device> keyboard_, pointer_, touch_;
    Time no_callers_before_{};
    std::string trouble_;
};

// A line on standard error.
void log(const std::string& sentence);

}  // namespace input
