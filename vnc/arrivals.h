#pragma once

#include <poll.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include "vnc/first_bytes.h"
#include "vnc/listener.h"
#include "vnc/look_state.h"

namespace vnc {

// Those who have just connected, until it is clear what they want. One thread.
class Arrivals {
  public:
    // How long what says nothing is taken for a browser that may yet speak: 0391.
    static constexpr auto wait = std::chrono::milliseconds(500);
    // The same where a browser of that address is connected already: it has more to fetch.
    static constexpr auto wait_beside_browser = std::chrono::seconds(3);
    static constexpr std::size_t most = 64;

    bool has_room() const { return arrivals_.size() < most; }
    void add(Listener::Caller caller, Time now);
    // Adds what to poll for.
    void watch(std::vector<pollfd>& watched) const;
    std::optional<Time> wake_at() const;

    struct Decided {
        Listener::Caller caller;
        Wants wants;
    };
    // Those who have spoken, and those who have had their time. In the order in which they came.
    // `is_beside_browser` says of a host whether a browser of it is connected: it may have come later.
    std::vector<Decided> take(Time now, const std::function<bool(const std::string&)>& is_beside_browser);

  private:
    struct Arrival {
        Listener::Caller caller;
        Time came, decided_at;
    };
    std::list<Arrival> arrivals_;
};

}  // namespace vnc
