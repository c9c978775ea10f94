#include "common/console_keymap.h"

#include <xkbcommon/xkbcommon.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace hvfbd {

namespace {

xkb_keymap* compile(xkb_context* context, const LayoutNames& names) {
    const xkb_rule_names rules{"evdev", names.model.empty() ? "pc105" : names.model.c_str(),
                               names.layout.empty() ? "us" : names.layout.c_str(), names.variant.c_str(),
                               names.options.c_str()};
    return xkb_keymap_new_from_names(context, &rules, XKB_KEYMAP_COMPILE_NO_FLAGS);
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

LayoutNames console_layout_names() {
    std::ifstream file("/etc/default/keyboard");
    return layout_names_in(std::string(std::istreambuf_iterator(file), {}));
}

std::shared_ptr<xkb_keymap> keymap_of(const LayoutNames& names) {
    using Context = std::unique_ptr<xkb_context, decltype(&xkb_context_unref)>;
    const Context context(xkb_context_new(XKB_CONTEXT_NO_ENVIRONMENT_NAMES), xkb_context_unref);
    if (!context) throw std::runtime_error("there are no keyboard layouts: is package xkb-data installed?");
    xkb_context_set_log_level(context.get(), XKB_LOG_LEVEL_CRITICAL);
    xkb_keymap* keymap = compile(context.get(), names);
    if (keymap == nullptr) keymap = compile(context.get(), {});
    if (keymap == nullptr)
        throw std::runtime_error("there is no keyboard layout us: is package xkb-data installed?");
    return {keymap, xkb_keymap_unref};
}

}  // namespace hvfbd
