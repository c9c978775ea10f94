#include "vnc/console_layout.h"

#include <linux/input-event-codes.h>
#include <xkbcommon/xkbcommon-keysyms.h>
#include <xkbcommon/xkbcommon.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <utility>

namespace vnc {

namespace {

constexpr std::uint32_t offset = 8;  // of a key's number in XKB to that of the kernel
// Not keys of a keyboard: XKB gives its modifiers places there.
constexpr std::array<std::uint32_t, 6> invented_keys = {84, 195, 196, 197, 198, 199};

using Context = std::unique_ptr<xkb_context, decltype(&xkb_context_unref)>;
using Keymap = std::unique_ptr<xkb_keymap, decltype(&xkb_keymap_unref)>;

Keymap keymap_of(xkb_context* context, const LayoutNames& names) {
    const xkb_rule_names rules{"evdev", names.model.empty() ? "pc105" : names.model.c_str(),
                               names.layout.empty() ? "us" : names.layout.c_str(), names.variant.c_str(),
                               names.options.c_str()};
    return {xkb_keymap_new_from_names(context, &rules, XKB_KEYMAP_COMPILE_NO_FLAGS), xkb_keymap_unref};
}

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

LayoutNames layout_names_in(std::string_view file) {
    LayoutNames names;
    const std::array<std::pair<std::string_view, std::string*>, 4> known = {{{"XKBMODEL", &names.model},
                                                                             {"XKBLAYOUT", &names.layout},
                                                                             {"XKBVARIANT", &names.variant},
                                                                             {"XKBOPTIONS", &names.options}}};
    while (!file.empty()) {
        std::string_view line = file.substr(0, file.find('\n'));
        file.remove_prefix(std::min(file.size(), line.size() + 1));
        for (const auto& [name, value] : known) {
            if (!line.starts_with(name) || line.substr(name.size(), 1) != "=") continue;
            std::string_view text = line.substr(name.size() + 1);
            while (text.ends_with(' ') || text.ends_with('\r')) text.remove_suffix(1);
            const bool in_quotes = text.size() > 1 && (text.front() == '"' || text.front() == '\'') &&
                                   text.back() == text.front();
            *value = in_quotes ? text.substr(1, text.size() - 2) : text;
        }
    }
    return names;
}

LayoutNames ConsoleLayout::console_names() {
    std::ifstream file("/etc/default/keyboard");
    return layout_names_in(std::string(std::istreambuf_iterator(file), {}));
}

ConsoleLayout::ConsoleLayout(const LayoutNames& names) {
    const Context context(xkb_context_new(XKB_CONTEXT_NO_ENVIRONMENT_NAMES), xkb_context_unref);
    if (!context) throw std::runtime_error("there are no keyboard layouts: is package xkb-data installed?");
    xkb_context_set_log_level(context.get(), XKB_LOG_LEVEL_CRITICAL);
    Keymap keymap = keymap_of(context.get(), names);
    if (!keymap) keymap = keymap_of(context.get(), {});
    if (!keymap) throw std::runtime_error("there is no keyboard layout us: is package xkb-data installed?");
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
