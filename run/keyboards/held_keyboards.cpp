#include "run/keyboards/held_keyboards.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace run {
namespace {

using namespace std::chrono_literals;

// A key that is down when its keyboard is taken stays down for the terminal, which is never told that it is
// up again. It is waited for, but not for ever: something may lie on it.
constexpr auto longest_for_keys = 2s;
constexpr auto between_looks = 50ms;
constexpr auto between_tries = 1s;

}  // namespace

void HeldKeyboards::let_go(Keyboard& keyboard) {
    if (keyboard.held) devices_.grab(keyboard.descriptor.get(), false);
    keyboard.held = false;
}

void HeldKeyboards::add(Device device, hvfbd::Descriptor own, Clock::time_point now) {
    if (!keyboards_.contains(device)) keyboards_.emplace(device, Keyboard{std::move(own), false, now, now});
}

void HeldKeyboards::opened_by_program(Device device, hvfbd::Descriptor its, Clock::time_point now) {
    const auto known = keyboards_.find(device);
    Keyboard fresh{std::move(its), false, now, now};
    if (known == keyboards_.end()) {
        keyboards_.emplace(device, std::move(fresh));
        return;
    }
    const bool was_held = known->second.held;
    let_go(known->second);
    fresh.held = was_held && devices_.grab(fresh.descriptor.get(), true) == 0;
    known->second = std::move(fresh);
}

void HeldKeyboards::remove(Device device) {
    keyboards_.erase(device);
}

void HeldKeyboards::set_active(bool active, Clock::time_point now) {
    if (active == active_) return;
    active_ = active;
    for (auto& [device, keyboard] : keyboards_) {
        if (!active) let_go(keyboard);
        keyboard.since = keyboard.try_again = now;
    }
}

std::optional<HeldKeyboards::Clock::time_point> HeldKeyboards::update(Clock::time_point now) {
    if (!active_) return {};
    std::optional<Clock::time_point> next;
    for (auto at = keyboards_.begin(); at != keyboards_.end();) {
        Keyboard& keyboard = at->second;
        const int descriptor = keyboard.descriptor.get();
        if (!keyboard.held && keyboard.try_again <= now) {
            if (now < keyboard.since + longest_for_keys && devices_.has_keys_down(descriptor)) {
                keyboard.try_again = now + between_looks;
            } else {
                const int error = devices_.grab(descriptor, true);
                if (error == ENODEV) {
                    at = keyboards_.erase(at);
                    continue;
                }
                keyboard.held = error == 0;
                keyboard.try_again = now + between_tries;
            }
        }
        if (!keyboard.held) next = next ? std::min(*next, keyboard.try_again) : keyboard.try_again;
        ++at;
    }
    return next;
}

unsigned HeldKeyboards::held() const {
    return static_cast<unsigned>(
        std::ranges::count_if(keyboards_, [](const auto& each) { return each.second.held; }));
}

}  // namespace run
