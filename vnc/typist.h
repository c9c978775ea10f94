#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "vnc/console_layout.h"
#include "vnc/extended_key.h"
#include "vnc/input_link.h"
#include "vnc/typing.h"

namespace vnc {

// What one client types and points, on its way to hvfb-inputd. For one thread at a time.
class Typist {
  public:
    Typist(std::shared_ptr<const ConsoleLayout> layout, InputLink link)
        : layout_(std::move(layout)),
          typing_([this](std::uint32_t symbol) { return layout_->find(symbol); }),
          link_(std::move(link)) {}
    Typist(const Typist&) = delete;
    Typist& operator=(const Typist&) = delete;

    void key(std::uint32_t symbol, bool down) {
        for (const input::Key& key : typing_.take(symbol, down)) link_.send(encode(key));
    }
    void key(const ExtendedKey& extended) {
        if (extended.code == 0) {
            key(extended.symbol, extended.down);
            return;
        }
        for (const input::Key& key : typing_.take_key(extended.code, extended.down)) link_.send(encode(key));
    }
    // In pixels of a picture of this size.
    void point(std::uint32_t mask, int x, int y, std::uint32_t width, std::uint32_t height) {
        link_.send(encode(pointing_.take(mask, x, y, width, height)));
    }
    InputLink& link() { return link_; }

  private:
    std::shared_ptr<const ConsoleLayout> layout_;
    Typing typing_;
    Pointing pointing_;
    InputLink link_;
};

}  // namespace vnc
