#pragma once

#include <optional>

#include "console/terminal_contents.h"

namespace console {

// The machine's virtual terminals. The foreground one is what is read.
class Terminals {
  public:
    Terminals() = default;
    Terminals(const Terminals&) = delete;
    Terminals& operator=(const Terminals&) = delete;
    virtual ~Terminals() = default;

    // Reads what the terminal holds into `contents`, whose memory is used again. Throws std::system_error.
    virtual void read(TerminalContents& contents) = 0;
    // Whether the terminal is known to be open. Does not open it; the functions below do.
    virtual bool is_in_use() = 0;
    virtual TerminalState state() = 0;
    virtual FontMap font_map() = 0;

    // Gives all terminals this size; programs on them get SIGWINCH. Throws std::system_error: the kernel
    // refuses the size, or the right is missing.
    virtual void resize(const TextSize& size) = 0;
};

}  // namespace console
