#pragma once

#include <span>
#include <string>

#include "console/painter.h"

namespace console {

// The surface that is drawn on.
class Screen {
  public:
    // What happened since the last time.
    struct Events {
        bool frame_answered = false, mode_changed = false, lost = false, back = false, closed = false;
        std::string trouble;  // the library has given up, until another daemon comes: why
    };

    Screen() = default;
    Screen(const Screen&) = delete;
    Screen& operator=(const Screen&) = delete;
    virtual ~Screen() = default;

    // Readable with POLLIN when dispatch() has something to say.
    virtual int fd() const = 0;
    virtual Events dispatch() = 0;
    virtual bool is_shown() const = 0;

    // Where to draw, until the next take_mode().
    virtual Canvas canvas() = 0;
    // Takes the new mode. False: there is none, or it cannot be taken yet.
    virtual bool take_mode() = 0;

    // Between the two nothing of what is drawn is shown. `end` says what was drawn; whether an answer will
    // come when it is shown.
    virtual void begin() = 0;
    virtual bool end(std::span<const hvfb_rect> drawn) = 0;
};

}  // namespace console
