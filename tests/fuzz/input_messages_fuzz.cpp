// Any packets as what clients of hvfb-inputd send: each is refused, or comes again when it is encoded; and
// what devices are told of all of them leaves nothing pressed once the clients have gone.
#include <linux/input-event-codes.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <utility>
#include <variant>

#include "input/input_state.h"
#include "input/protocol/messages.h"

namespace {

bool comes_again(const input::Message& message, std::span<const std::byte> packet) {
    const auto same = [packet](const input::Packet& again) {
        return again.size == packet.size() && std::equal(packet.begin(), packet.end(), again.bytes.begin());
    };
    if (const auto* const key = std::get_if<input::Key>(&message)) return same(encode(*key));
    if (const auto* const pointer = std::get_if<input::Pointer>(&message)) return same(encode(*pointer));
    if (const auto* const touch = std::get_if<input::Touch>(&message)) return same(encode(*touch));
    return true;
}

// What is down of keys and buttons, as the kernel would have it.
class Pressed {
  public:
    void take(const std::vector<input::InputState::Report>& reports) {
        for (const auto& report : reports) {
            if (report.events.empty() || report.events.back().type != EV_SYN) __builtin_trap();
            for (const input::Event& event : report.events) {
                if (event.type != EV_KEY) continue;
                if (event.value == 0 ? down_.erase(event.code) == 0
                                     : event.value == 1 && !down_.insert(event.code).second)
                    __builtin_trap();
            }
        }
    }
    bool is_empty() const { return down_.empty(); }

  private:
    std::set<std::uint16_t> down_;
};

}  // namespace

// Packets one after the other: a byte whose low bits are the length, and whose highest is the client.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const input::Time now{};
    input::InputState state(now);
    state.client_came(0);
    state.client_came(1);
    Pressed pressed;
    auto rest = std::as_bytes(std::span(data, size));
    (void)input::decode_state(rest);
    while (!rest.empty()) {
        const auto first = std::to_integer<unsigned>(rest.front());
        const auto packet = rest.subspan(1, std::min<std::size_t>(first & 63U, rest.size() - 1));
        rest = rest.subspan(1 + packet.size());
        const auto message = input::decode(packet);
        if (!message) continue;
        if (!comes_again(*message, packet)) __builtin_trap();
        pressed.take(state.take(first >> 7U, *message));
    }
    pressed.take(state.client_left(0, now));
    pressed.take(state.client_left(1, now));
    if (!pressed.is_empty() || !state.removes_at()) __builtin_trap();
    return 0;
}
