#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "console/command/wire.h"
#include "console/grid.h"
#include "console/terminal_contents.h"

namespace console {

// A terminal, by libtsm: what a program writes to it becomes a text screen. Versions of libtsm are known that
// write outside of their memory, so that this is for a process that may do nothing else.
class Emulator {
  public:
    // Throws std::bad_alloc, as resize() does.
    Emulator();
    Emulator(const Emulator&) = delete;
    Emulator& operator=(const Emulator&) = delete;
    ~Emulator();

    // At least one cell. Programs are told by whoever has the pty.
    void resize(const TextSize& size);
    void input(std::span<const std::uint8_t> output);
    // A key for the program, as it wants keys at the moment. What it becomes is among the replies.
    void type(const TypedKey& key);
    // What the terminal answers to what asked it, and what was typed, since the last time: whole answers, of
    // at most most_replies bytes together. More are left out.
    std::string take_replies();
    // `blink`: background or ignore.
    Grid screen(Blink blink) const;

  private:
    struct Library;
    std::unique_ptr<Library> library_;
};

}  // namespace console
