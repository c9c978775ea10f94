#include "vnc/typing.h"

#include <linux/input-event-codes.h>

#include <algorithm>
#include <array>
#include <utility>

namespace vnc {

namespace {

struct Modifier {
    std::uint32_t symbol, code;
};

// As X11/keysymdef.h numbers them. They have keys of their own in each layout.
constexpr std::array<Modifier, 12> modifiers = {{
    {0xffe1, KEY_LEFTSHIFT},
    {0xffe2, KEY_RIGHTSHIFT},
    {0xffe3, KEY_LEFTCTRL},
    {0xffe4, KEY_RIGHTCTRL},
    {0xffe7, KEY_LEFTALT},  // Meta
    {0xffe8, KEY_RIGHTALT},
    {0xffe9, KEY_LEFTALT},
    {0xffea, KEY_RIGHTALT},
    {0xffeb, KEY_LEFTMETA},  // Super
    {0xffec, KEY_RIGHTMETA},
    {0xfe03, KEY_RIGHTALT},  // AltGr
    {0xff7e, KEY_RIGHTALT},  // the same, in old layouts
}};

constexpr std::uint32_t caps_lock = 0xffe5, shift_lock = 0xffe6, num_lock = 0xff7f, scroll_lock = 0xff14;

// The client's letters and digits have them in them already.
bool is_lock(std::uint32_t symbol) {
    return symbol == caps_lock || symbol == shift_lock || symbol == num_lock || symbol == scroll_lock;
}

}  // namespace

std::vector<input::Key> Typing::take(std::uint32_t symbol, bool down) {
    std::vector<input::Key> keys;
    if (is_lock(symbol)) return keys;
    const auto* const modifier =
        std::ranges::find_if(modifiers, [symbol](const Modifier& one) { return one.symbol == symbol; });
    if (modifier != modifiers.end()) {
        if (down)
            modifiers_.insert(modifier->code);
        else
            modifiers_.erase(modifier->code);
        have_clients_modifiers(keys);
        return keys;
    }
    if (!down) {
        const auto held = letters_.find(symbol);
        if (held == letters_.end()) return keys;
        const std::uint32_t code = held->second;
        letters_.erase(held);
        const bool other_holds_it =
            std::ranges::any_of(letters_, [code](const auto& one) { return one.second == code; });
        if (!other_holds_it) release(code, keys);
        have_clients_modifiers(keys);
        return keys;
    }
    const auto place = layout_(symbol);
    if (!place) return keys;
    have(place->shift, KEY_LEFTSHIFT, KEY_RIGHTSHIFT, keys);
    have(place->level3, KEY_RIGHTALT, KEY_RIGHTALT, keys);
    letters_[symbol] = place->code;
    press(place->code, keys);
    return keys;
}

std::vector<input::Key> Typing::take_key(std::uint32_t code, bool down) {
    std::vector<input::Key> keys;
    // So that it stays held while a letter is typed that is known by its symbol alone.
    if (std::ranges::any_of(modifiers, [code](const Modifier& one) { return one.code == code; })) {
        if (down)
            modifiers_.insert(code);
        else
            modifiers_.erase(code);
    }
    if (down)
        press(code, keys);
    else
        release(code, keys);
    return keys;
}

void Typing::press(std::uint32_t code, std::vector<input::Key>& keys) {
    const bool is_new = down_.insert(code).second;
    keys.push_back({code, is_new ? input::KeyValue::down : input::KeyValue::repeated});
}

void Typing::release(std::uint32_t code, std::vector<input::Key>& keys) {
    if (down_.erase(code) > 0) keys.push_back({code, input::KeyValue::up});
}

void Typing::have(bool wanted, std::uint32_t first, std::uint32_t second, std::vector<input::Key>& keys) {
    const bool is_there = down_.contains(first) || down_.contains(second);
    if (is_there == wanted) return;
    if (wanted) {
        press(first, keys);
        return;
    }
    release(first, keys);
    release(second, keys);
}

void Typing::have_clients_modifiers(std::vector<input::Key>& keys) {
    for (const Modifier& modifier : modifiers) {
        if (!modifiers_.contains(modifier.code))
            release(modifier.code, keys);
        else if (!down_.contains(modifier.code))
            press(modifier.code, keys);
    }
}

input::Pointer Pointing::take(std::uint32_t mask, int x, int y, std::uint32_t width, std::uint32_t height) {
    // Left, middle, right; wheel up, down, left, right; back, forward.
    constexpr std::uint32_t first_buttons = 7, up = 8, down = 16, left = 32, right = 64, extra_shift = 7,
                            extra = 3;
    const std::uint32_t pressed = mask & ~std::exchange(before_, mask);
    const auto scaled = [](int at, std::uint32_t size) {
        if (size < 2) return std::uint32_t{0};
        const auto inside = static_cast<std::uint64_t>(std::clamp<std::int64_t>(at, 0, size - 1));
        return static_cast<std::uint32_t>(inside * input::largest_coordinate / (size - 1));
    };
    const auto step = [pressed](std::uint32_t forward, std::uint32_t back) {
        return ((pressed & forward) != 0 ? 1 : 0) - ((pressed & back) != 0 ? 1 : 0);
    };
    return {scaled(x, width), scaled(y, height), (mask & first_buttons) | (mask >> extra_shift & extra) << 3U,
            step(up, down), step(right, left)};
}

}  // namespace vnc
