#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "vnc/typing.h"

namespace vnc {

// Names of a layout of XKB.
struct LayoutNames {
    std::string model, layout, variant, options;
};

// Those of a file such as /etc/default/keyboard. What it does not name is empty.
LayoutNames layout_names_in(std::string_view file);

// Where each symbol is on the console's keyboard: the first layout that /etc/default/keyboard names, from
// which Debian makes the console's, too. Where that is not there, or no layout, it is the one of the USA.
class ConsoleLayout {
  public:
    // Throws std::runtime_error where there is no layout at all.
    explicit ConsoleLayout(const LayoutNames& names);
    static LayoutNames console_names();

    std::optional<KeyPlace> find(std::uint32_t symbol) const;

  private:
    std::unordered_map<std::uint32_t, KeyPlace> places_;
};

}  // namespace vnc
