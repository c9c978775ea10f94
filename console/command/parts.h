#pragma once

#include <string_view>

#include "console/command/wire.h"

namespace console {

// The process that knows what the command's output means: the terminal. It may fail, or be in the hands of
// whoever wrote that output.
class TerminalLink {
  public:
    TerminalLink() = default;
    TerminalLink(const TerminalLink&) = delete;
    TerminalLink& operator=(const TerminalLink&) = delete;
    virtual ~TerminalLink() = default;

    // Another one, with an empty screen. The one before has ended. Throws std::system_error.
    virtual void start() = 0;
    // Sends it a request. It has answered the one before.
    virtual void ask(const Request& request) = 0;
    // It is ended, if it has not yet.
    virtual void stop() = 0;
};

// The command's side of the terminal: a pty.
class CommandLink {
  public:
    CommandLink() = default;
    CommandLink(const CommandLink&) = delete;
    CommandLink& operator=(const CommandLink&) = delete;
    virtual ~CommandLink() = default;

    // Programs on it get SIGWINCH.
    virtual void resize(const TextSize& size) = 0;
    // Types for the command; what it has no room for is lost.
    virtual void write(std::string_view replies) = 0;
    // Asks the program in the foreground to draw its screen again, as programs do after SIGWINCH.
    virtual void redraw() = 0;
};

}  // namespace console
