#include "vnc/console_layout.h"

#include <linux/input-event-codes.h>
#include <xkbcommon/xkbcommon-keysyms.h>
#include <xkbcommon/xkbcommon.h>

#include <algorithm>
#include <array>
#include <memory>

namespace vnc {

namespace {

constexpr std::uint32_t offset = 8;  // of a key's number in XKB to that of the kernel
// Not keys of a keyboard: XKB gives its modifiers places there.
constexpr std::array<std::uint32_t, 6> invented_keys = {84, 195, 196, 197, 198, 199};

// What has to be held for a level; nothing: something else than Shift and AltGr.
std::optional<KeyPlace> place_of(xkb_keymap* keymap, xkb_keycode_t key, xkb_level_index_t level) {
    constexpr std::size_t most = 16;
    std::array<xkb_mod_mask_t, most> masks{};
    const std::size_t count =
        xkb_keymap_key_get_mods_for_level(keymap, key, 0, level, masks.data(), masks.size());
    const auto bit = [keymap](const char* name) -> xkb_mod_mask_t {
        const xkb_mod_index_t index = xkb_keymap_mod_get_index(keymap, name);
        return index == XKB_MOD_INVALID ? 0 : xkb_mod_mask_t{1} << index;
    };
    const xkb_mod_mask_t shift = bit(XKB_MOD_NAME_SHIFT), level3 = bit("Mod5");
    for (std::size_t i = 0; i < std::min(count, masks.size()); ++i)
        if ((masks.at(i) & ~(shift | level3)) == 0)
            return KeyPlace{key - offset, (masks.at(i) & shift) != 0, (masks.at(i) & level3) != 0};
    return std::nullopt;
}

}  // namespace

ConsoleLayout::ConsoleLayout(const hvfbd::LayoutNames& names) {
    const std::shared_ptr<xkb_keymap> keymap = hvfbd::keymap_of(names);
    const xkb_keycode_t last =
        std::min<xkb_keycode_t>(xkb_keymap_max_keycode(keymap.get()), KEY_MICMUTE + offset);
    // Levels first: what is there without a modifier anywhere is typed without one.
    constexpr xkb_level_index_t levels = 4;
    for (xkb_level_index_t level = 0; level < levels; ++level) {
        for (xkb_keycode_t key = xkb_keymap_min_keycode(keymap.get()); key <= last; ++key) {
            if (key <= offset || std::ranges::find(invented_keys, key - offset) != invented_keys.end() ||
                xkb_keymap_num_levels_for_key(keymap.get(), key, 0) <= level)
                continue;
            const xkb_keysym_t* symbols = nullptr;
            if (xkb_keymap_key_get_syms_by_level(keymap.get(), key, 0, level, &symbols) != 1) continue;
            if (const auto place = place_of(keymap.get(), key, level)) places_.try_emplace(*symbols, *place);
        }
    }
}

std::optional<KeyPlace> ConsoleLayout::find(std::uint32_t symbol) const {
    auto found = places_.find(symbol);
    // A digit of the number block depends on Num Lock there, and the console's is not known.
    if (found == places_.end() && symbol >= XKB_KEY_KP_0 && symbol <= XKB_KEY_KP_9)
        found = places_.find(symbol - XKB_KEY_KP_0 + XKB_KEY_0);
    if (found == places_.end()) {
        // Written as Unicode by some clients, and by another number in the layout.
        constexpr std::uint32_t unicode = 0x01000000;
        const std::uint32_t other =
            symbol >= unicode ? xkb_utf32_to_keysym(symbol - unicode) : xkb_keysym_to_utf32(symbol) + unicode;
        found = places_.find(other);
    }
    return found == places_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace vnc
