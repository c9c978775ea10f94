#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "input/device.h"
#include "input/protocol/messages.h"
#include "input/time.h"

namespace input {

// What clients press, as one keyboard, one pointer and one touch screen. Knows no socket and no device: is
// given messages, and the time, and says what the devices are to say.
//
// What two clients press is down until both have released it, and a client that goes releases all it pressed.
class InputState {
  public:
    using Client = std::uint64_t;
    static constexpr auto lingering = std::chrono::seconds(10);

    // For one device, with the SYN_REPORT at its end.
    struct Report {
        Kind kind;
        std::vector<Event> events;

        bool operator==(const Report&) const = default;
    };

    explicit InputState(Time now) : empty_since_(now) {}

    void client_came(Client client);
    std::vector<Report> client_left(Client client, Time now);
    std::vector<Report> take(Client client, const Message& message);
    // Nothing is down any more, and nobody is told: the devices have gone.
    void forget_what_is_down();

    // When devices are removed, if nobody comes before. Nothing: there is a client.
    std::optional<Time> removes_at() const;

  private:
    struct Held {
        std::set<std::uint32_t> keys;
        std::uint32_t buttons = 0;
        std::map<std::uint32_t, std::size_t> contacts;  // the client's number, and the slot
    };
    static constexpr std::size_t slots = largest_contact + 1;

    std::vector<Report> take_key(Held& held, const Key& key);
    std::vector<Report> take_pointer(Held& held, const Pointer& pointer);
    std::vector<Report> take_touch(Held& held, const Touch& touch);
    std::optional<Report> lift(std::size_t slot);
    bool is_key_down(std::uint32_t code) const;
    std::uint32_t buttons_down() const;
    static void add_buttons(std::vector<Event>& events, std::uint32_t before, std::uint32_t after);

    std::map<Client, Held> clients_;
    std::array<bool, slots> touched_{};
    std::uint16_t next_id_ = 0;
    Time empty_since_;
};

}  // namespace input
