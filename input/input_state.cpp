#include "input/input_state.h"

#include <linux/input-event-codes.h>

#include <algorithm>
#include <utility>
#include <variant>

namespace input {

namespace {

constexpr std::array<std::uint16_t, 5> buttons = {BTN_LEFT, BTN_MIDDLE, BTN_RIGHT, BTN_SIDE, BTN_EXTRA};
constexpr std::int32_t fine_steps = 120;  // of a wheel, in one step

Event number(std::uint16_t type, std::uint16_t code, std::uint32_t value) {
    return {type, code, static_cast<std::int32_t>(value)};
}

InputState::Report report(Kind kind, std::vector<Event> events) {
    events.push_back({EV_SYN, SYN_REPORT, 0});
    return {kind, std::move(events)};
}

void add_wheel(std::vector<Event>& events, std::uint16_t code, std::uint16_t fine_code, std::int32_t steps) {
    if (steps == 0) return;
    events.push_back({EV_REL, code, steps});
    events.push_back({EV_REL, fine_code, steps * fine_steps});
}

}  // namespace

void InputState::client_came(Client client) {
    clients_.try_emplace(client);
}

std::vector<InputState::Report> InputState::client_left(Client client, Time now) {
    const auto found = clients_.find(client);
    if (found == clients_.end()) return {};
    const std::uint32_t before = buttons_down();
    const Held held = std::move(found->second);
    clients_.erase(found);
    if (clients_.empty()) empty_since_ = now;
    std::vector<Report> reports;
    std::vector<Event> events;
    for (const std::uint32_t code : held.keys)
        if (!is_key_down(code)) events.push_back({EV_KEY, static_cast<std::uint16_t>(code), 0});
    if (!events.empty()) reports.push_back(report(Kind::keyboard, std::exchange(events, {})));
    add_buttons(events, before, buttons_down());
    if (!events.empty()) reports.push_back(report(Kind::pointer, std::move(events)));
    for (const auto& [contact, slot] : held.contacts)
        if (auto lifted = lift(slot)) reports.push_back(std::move(*lifted));
    return reports;
}

std::vector<InputState::Report> InputState::take(Client client, const Message& message) {
    const auto found = clients_.find(client);
    if (found == clients_.end()) return {};
    Held& held = found->second;
    if (const auto* const key = std::get_if<Key>(&message)) return take_key(held, *key);
    if (const auto* const pointer = std::get_if<Pointer>(&message)) return take_pointer(held, *pointer);
    if (const auto* const touch = std::get_if<Touch>(&message)) return take_touch(held, *touch);
    return {};
}

void InputState::forget_what_is_down() {
    for (auto& [client, held] : clients_) held = {};
    touched_ = {};
}

std::optional<Time> InputState::removes_at() const {
    return clients_.empty() ? std::optional(empty_since_ + lingering) : std::nullopt;
}

std::vector<InputState::Report> InputState::take_key(Held& held, const Key& key) {
    if (!keyboard_has(key.code)) return {};
    const auto said = [&key](std::int32_t value) {
        return std::vector{report(Kind::keyboard, {{EV_KEY, static_cast<std::uint16_t>(key.code), value}})};
    };
    if (key.value == KeyValue::up) {
        const bool was_held = held.keys.erase(key.code) > 0;
        return was_held && !is_key_down(key.code) ? said(0) : std::vector<Report>{};
    }
    const bool was_down = is_key_down(key.code);
    // Held already: it is repeated, whatever the client calls it.
    if (!held.keys.insert(key.code).second) return said(2);
    return was_down ? std::vector<Report>{} : said(1);
}

std::vector<InputState::Report> InputState::take_pointer(Held& held, const Pointer& pointer) {
    const std::uint32_t before = buttons_down();
    held.buttons = pointer.buttons;
    std::vector<Event> events = {number(EV_ABS, ABS_X, pointer.x), number(EV_ABS, ABS_Y, pointer.y)};
    add_buttons(events, before, buttons_down());
    add_wheel(events, REL_WHEEL, REL_WHEEL_HI_RES, pointer.wheel);
    add_wheel(events, REL_HWHEEL, REL_HWHEEL_HI_RES, pointer.sideways);
    return {report(Kind::pointer, std::move(events))};
}

std::vector<InputState::Report> InputState::take_touch(Held& held, const Touch& touch) {
    const auto found = held.contacts.find(touch.contact);
    if (touch.down == 0) {
        if (found == held.contacts.end()) return {};
        auto lifted = lift(found->second);
        held.contacts.erase(found);
        return lifted ? std::vector{std::move(*lifted)} : std::vector<Report>{};
    }
    const bool is_first = std::ranges::none_of(touched_, [](bool one) { return one; });
    std::vector<Event> events;
    std::size_t slot = 0;
    if (found != held.contacts.end()) {
        slot = found->second;
        events.push_back({EV_ABS, ABS_MT_SLOT, static_cast<std::int32_t>(slot)});
    } else {
        const auto* const free = std::ranges::find(touched_, false);
        if (free == touched_.end()) return {};
        slot = static_cast<std::size_t>(free - touched_.begin());
        touched_.at(slot) = true;
        held.contacts[touch.contact] = slot;
        events.push_back({EV_ABS, ABS_MT_SLOT, static_cast<std::int32_t>(slot)});
        events.push_back({EV_ABS, ABS_MT_TRACKING_ID, next_id_++});
    }
    events.push_back(number(EV_ABS, ABS_MT_POSITION_X, touch.x));
    events.push_back(number(EV_ABS, ABS_MT_POSITION_Y, touch.y));
    if (is_first) events.push_back({EV_KEY, BTN_TOUCH, 1});
    // For programs that know one finger: the one of the lowest slot.
    if (std::ranges::find(touched_, true) == touched_.begin() + static_cast<std::ptrdiff_t>(slot)) {
        events.push_back(number(EV_ABS, ABS_X, touch.x));
        events.push_back(number(EV_ABS, ABS_Y, touch.y));
    }
    return {report(Kind::touch, std::move(events))};
}

std::optional<InputState::Report> InputState::lift(std::size_t slot) {
    if (!std::exchange(touched_.at(slot), false)) return std::nullopt;
    std::vector<Event> events = {{EV_ABS, ABS_MT_SLOT, static_cast<std::int32_t>(slot)},
                                 {EV_ABS, ABS_MT_TRACKING_ID, -1}};
    if (std::ranges::none_of(touched_, [](bool one) { return one; }))
        events.push_back({EV_KEY, BTN_TOUCH, 0});
    return report(Kind::touch, std::move(events));
}

bool InputState::is_key_down(std::uint32_t code) const {
    return std::ranges::any_of(clients_, [code](const auto& one) { return one.second.keys.contains(code); });
}

std::uint32_t InputState::buttons_down() const {
    std::uint32_t down = 0;
    for (const auto& [client, held] : clients_) down |= held.buttons;
    return down;
}

void InputState::add_buttons(std::vector<Event>& events, std::uint32_t before, std::uint32_t after) {
    for (std::size_t i = 0; i < buttons.size(); ++i)
        if (((before ^ after) >> i & 1U) != 0)
            events.push_back(number(EV_KEY, buttons.at(i), after >> i & 1U));
}

}  // namespace input
