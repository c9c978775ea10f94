#pragma once

#include <filesystem>
#include <optional>

#include "contestant.h"
#include "x_client.h"

namespace hvfbd::bench {

// An X server that runs, into whose root window the program puts what it has drawn. The server copies it into
// its picture, and with ShadowFB from there to the framebuffer. What the program takes to put it counts as
// well.
class XServer : public Contestant {
  public:
    // Throws where no server is at the socket or it has no such screen.
    XServer(const std::filesystem::path& socket, int width, int height);
    ~XServer() override;
    XServer(const XServer&) = delete;
    XServer& operator=(const XServer&) = delete;

    const char* name() const override { return "Xorg"; }
    const Canvas& canvas() const override { return canvas_; }
    void drawn(std::span<const Box> boxes) override;
    void prepared() override;
    // It copies when it is told.
    void limit(unsigned) override {}
    Work work(bool beginning) override;

  private:
    Canvas canvas_;
    std::optional<XClient> client_;
    Work work_;
};

}  // namespace hvfbd::bench
