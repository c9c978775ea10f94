#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/error.h"
#include "bus/authority.h"
#include "clients/client.h"
#include "common/sdbus.h"

namespace hvfbd {

// Somebody who called a method.
struct Caller {
    Credentials credentials;
    Client client;
};

// Finds out who a caller is without waiting for the answer.
class Callers {
  public:
    using Known = std::function<void(Caller)>;
    using Unknown = std::function<void(const RequestError&)>;

    explicit Callers(sdbus::IConnection& connection);

    // Who calls, and hold of the process; or only who, which costs no descriptor: anybody may call what takes
    // no more.
    enum class Depth { process, user };

    // Asks the bus for the caller's process and user, and takes hold of the process. Asked twice: between the
    // first answer and pidfd_open the process could have ended and its number could have gone to another. If
    // the name still belongs to that number after the open, the process that holds it is the one that was
    // opened. Unknown (busy) at once where too many are asked for already.
    void identify(Depth depth, const std::string& bus_name, const Known& known, const Unknown& unknown);

    // Under way at a time: of one connection, and of all that ask as deep. The bus answers in order, and
    // behind all that a flood has asked before. What costs memory alone may be asked by all the connections
    // that the bus lets a user have (256), without keeping another one from it; what costs descriptors, only
    // by those whom its policy lets open something, and not as many as there are.
    static constexpr unsigned most_of_one = 8, most_users = 16384, most_processes = 512;

  private:
    using Answer = std::function<void(const Credentials&)>;
    using Admission = std::shared_ptr<void>;
    Admission admit(Depth depth, const std::string& bus_name);
    void ask(const std::string& bus_name, Answer answer, Unknown unknown);

    // Before bus_: what is under way ends with it, and is counted here.
    unsigned users_ = 0, processes_ = 0;
    std::map<std::string, unsigned> of_one_;
    std::unique_ptr<sdbus::IProxy> bus_;
};

}  // namespace hvfbd
