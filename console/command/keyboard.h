#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "console/command/wire.h"
#include "input/protocol/messages.h"

struct xkb_keymap;
struct xkb_state;

namespace console {

// What the keys of one keyboard mean for a terminal, by the console's layout: which of Shift, Control, Alt
// and AltGr are held, and Caps Lock and Num Lock, are known here.
class Keyboard {
  public:
    // Throws std::bad_alloc.
    explicit Keyboard(const std::shared_ptr<xkb_keymap>& keymap);

    // Nothing: it types nothing, as when it is released, or is held for others.
    std::optional<TypedKey> take(const input::Key& key);

  private:
    std::shared_ptr<xkb_keymap> keymap_;
    std::unique_ptr<xkb_state, void (*)(xkb_state*)> state_;
};

}  // namespace console
