#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>

#include "canvas.h"
#include "program.h"

namespace hvfbd::bench {

// `x11vnc -rawfb` on a file that a program draws into, which looks at it every 16 ms at most. Ended with its
// owner.
class X11vncServer {
  public:
    // Throws std::system_error where there is no x11vnc.
    X11vncServer(int width, int height);
    ~X11vncServer();
    X11vncServer(const X11vncServer&) = delete;
    X11vncServer& operator=(const X11vncServer&) = delete;

    const Canvas& canvas() const { return canvas_; }
    pid_t pid() const { return program_->pid(); }
    // Where it serves, a moment after it was started.
    std::string socket() const;

  private:
    void start();
    void end() noexcept;

    std::filesystem::path folder_;
    Canvas canvas_;
    std::optional<Program> program_;  // it says nothing
};

}  // namespace hvfbd::bench
