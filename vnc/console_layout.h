#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>

#include "common/console_keymap.h"
#include "vnc/typing.h"

namespace vnc {

// Where each symbol is on the console's keyboard: the first layout that /etc/default/keyboard names, from
// which Debian makes the console's, too. Where that is not there, or no layout, it is the one of the USA.
class ConsoleLayout {
  public:
    // Throws std::runtime_error where there is no layout at all.
    explicit ConsoleLayout(const hvfbd::LayoutNames& names);

    std::optional<KeyPlace> find(std::uint32_t symbol) const;

  private:
    std::unordered_map<std::uint32_t, KeyPlace> places_;
};

}  // namespace vnc
