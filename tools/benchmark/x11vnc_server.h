#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

#include "canvas.h"

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
    pid_t pid() const { return pid_; }
    // Where it serves, a moment after it was started.
    std::string socket() const;
    // Until somebody can connect there. Throws std::runtime_error.
    void await_ready() const;

  private:
    void start();
    void end() noexcept;

    std::filesystem::path folder_;
    Canvas canvas_;
    pid_t pid_ = -1;
};

// A connection to a socket that a server makes soon. Throws std::runtime_error after ten seconds.
int connection_to(const std::string& socket);

}  // namespace hvfbd::bench
