#include "console/command/keyboard.h"

#include <xkbcommon/xkbcommon-keysyms.h>
#include <xkbcommon/xkbcommon.h>

#include <new>

namespace console {

namespace {

constexpr std::uint32_t offset = 8;  // of a key's number in XKB to that of the kernel

bool is_held_for_others(xkb_keysym_t symbol) {
    return (symbol >= XKB_KEY_Shift_L && symbol <= XKB_KEY_Hyper_R) ||
           (symbol >= XKB_KEY_ISO_Lock && symbol <= XKB_KEY_ISO_Level5_Lock) ||
           symbol == XKB_KEY_Mode_switch || symbol == XKB_KEY_Num_Lock || symbol == XKB_KEY_Scroll_Lock;
}

}  // namespace

Keyboard::Keyboard(const std::shared_ptr<xkb_keymap>& keymap)
    : keymap_(keymap), state_(xkb_state_new(keymap.get()), xkb_state_unref) {
    if (!state_) throw std::bad_alloc();
}

std::optional<TypedKey> Keyboard::take(const input::Key& key) {
    const xkb_keycode_t code = key.code + offset;
    // Before the key counts: a letter is not changed by itself.
    const xkb_keysym_t symbol = xkb_state_key_get_one_sym(state_.get(), code);
    TypedKey typed{symbol, xkb_keysym_to_utf32(symbol), 0};
    const auto is_held = [this](const char* name) {
        return xkb_state_mod_name_is_active(state_.get(), name, XKB_STATE_MODS_EFFECTIVE) > 0;
    };
    if (is_held(XKB_MOD_NAME_SHIFT)) typed.modifiers |= TypedKey::shift;
    if (is_held(XKB_MOD_NAME_CTRL)) typed.modifiers |= TypedKey::control;
    if (is_held(XKB_MOD_NAME_ALT)) typed.modifiers |= TypedKey::alt;
    switch (key.value) {
        case input::KeyValue::up:
            xkb_state_update_key(state_.get(), code, XKB_KEY_UP);
            return std::nullopt;
        case input::KeyValue::down:
            xkb_state_update_key(state_.get(), code, XKB_KEY_DOWN);
            break;
        case input::KeyValue::repeated:
            if (xkb_keymap_key_repeats(keymap_.get(), code) == 0) return std::nullopt;
            break;
    }
    if (symbol == XKB_KEY_NoSymbol || is_held_for_others(symbol)) return std::nullopt;
    return typed;
}

}  // namespace console
