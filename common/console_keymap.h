#pragma once

#include <memory>
#include <string>
#include <string_view>

struct xkb_keymap;

// The layout of the console's keyboard, for programs that type on it or for it.
namespace hvfbd {

// Names of a layout of XKB.
struct LayoutNames {
    std::string model, layout, variant, options;
};

// Those of a file such as /etc/default/keyboard. What it does not name is empty.
LayoutNames layout_names_in(std::string_view file);
// Those of /etc/default/keyboard, from which Debian makes the console's layout, too. Empty where there is no
// such file.
LayoutNames console_layout_names();

// Of XKB; shared by all that read keys by it. The layout of the USA where there is none of these names.
// Throws std::runtime_error where there is no layout at all.
std::shared_ptr<xkb_keymap> keymap_of(const LayoutNames& names);

}  // namespace hvfbd
