#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "picture_file.h"
#include "program.h"

namespace hvfbd::bench {

// `x11vnc -rawfb` on a file that a program draws into, which looks at it every 16 ms at most. Ended with its
// owner.
class X11vncServer {
  public:
    // Throws std::system_error where there is no x11vnc.
    X11vncServer(int width, int height);

    const Canvas& canvas() const { return picture_.canvas(); }
    pid_t pid() const { return program_->pid(); }
    // Where it serves, a moment after it was started.
    std::string socket() const { return picture_.beside("vnc"); }

  private:
    PictureFile picture_;
    std::optional<Program> program_;  // it says nothing
};

}  // namespace hvfbd::bench
