#pragma once

#include <sys/types.h>

#include <cstdint>

#include "contestant.h"
#include "x11vnc_server.h"

namespace hvfbd::bench {

// `x11vnc -rawfb` on a file that the program draws into, with a viewer on this machine that asks for the next
// update when it has one. What the viewer takes is nobody's. `floor` and `reference` have no viewer: x11vnc
// sends pixels, which they do not.
class X11vnc : public Contestant {
  public:
    // Throws std::runtime_error where there is no x11vnc or it does not serve.
    X11vnc(int width, int height);
    ~X11vnc() override;
    X11vnc(const X11vnc&) = delete;
    X11vnc& operator=(const X11vnc&) = delete;

    const char* name() const override { return "x11vnc"; }
    const Canvas& canvas() const override { return server_.canvas(); }
    // It polls as it was started, every 16 ms at most.
    void limit(unsigned) override {}
    void resume() override;
    void pause() override;
    Work work(bool beginning) override;

  private:
    struct Shared {
        std::uint64_t updates, pixels;
    };

    void start_viewer();
    void end() noexcept;

    X11vncServer server_;
    Shared* shared_ = nullptr;
    pid_t viewer_ = -1;
};

}  // namespace hvfbd::bench
