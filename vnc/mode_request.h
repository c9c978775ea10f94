#pragma once

#include <functional>
#include <string>

#include "vnc/display_view.h"

namespace vnc {

// What becomes of a client's wish for another mode. The numbers are those that RFB has for the answer.
enum class ModeAnswer { changed = 0, prohibited = 1, failed = 2, impossible = 3 };

// For one client: asks for this width and height, and waits for the answer. In the client's thread.
using ModeChange = std::function<ModeAnswer(unsigned width, unsigned height)>;

// Asks the daemon for a mode, and waits five seconds at most, or until a signal comes. `why`: what it
// answered, unless the mode changed.
ModeAnswer request_mode(const Source& source, unsigned width, unsigned height, std::string& why);

}  // namespace vnc
