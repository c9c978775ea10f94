#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "input/protocol/messages.h"

namespace vnc {

// Where the layout has a letter: a key, and what is held with it.
struct KeyPlace {
    std::uint32_t code;
    bool shift, level3;

    bool operator==(const KeyPlace&) const = default;
};

// Turns the symbols that a VNC client sends, such as "A" or "Return", into keys of the console's layout.
// Knows no socket and no layout: is given both.
//
// The client may have another layout: what is Shift+2 there may be AltGr+Q here. So Shift and AltGr are
// pressed or released for a letter as its place needs it, and as the client has them again when the letter is
// released.
class Typing {
  public:
    // Where a symbol is; nothing: nowhere.
    using Layout = std::function<std::optional<KeyPlace>(std::uint32_t symbol)>;
    explicit Typing(Layout layout) : layout_(std::move(layout)) {}

    std::vector<input::Key> take(std::uint32_t symbol, bool down);
    // A key of the client's, where it says which one it is: the same one here.
    std::vector<input::Key> take_key(std::uint32_t code, bool down);

  private:
    void press(std::uint32_t code, std::vector<input::Key>& keys);
    void release(std::uint32_t code, std::vector<input::Key>& keys);
    // Of the keys of one modifier, `first` is pressed where one has to be.
    void have(bool wanted, std::uint32_t first, std::uint32_t second, std::vector<input::Key>& keys);
    // As the client holds them.
    void have_clients_modifiers(std::vector<input::Key>& keys);

    const Layout layout_;
    std::map<std::uint32_t, std::uint32_t> letters_;  // symbols that the client holds, and the keys
    std::set<std::uint32_t> modifiers_;               // keys that the client holds
    std::set<std::uint32_t> down_;                    // keys that are down
};

// The wheel of VNC is buttons that are pressed for each step. Is given what a client sends, and the size of
// the picture that it sees.
class Pointing {
  public:
    input::Pointer take(std::uint32_t mask, int x, int y, std::uint32_t width, std::uint32_t height);

  private:
    std::uint32_t before_ = 0;
};

}  // namespace vnc
