#pragma once

#include <hvfb/hvfb.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "console/screen.h"

namespace console {

// Where the surface is opened, and what it is. Empty: the library's own choice.
struct SurfaceOptions {
    std::string bus, display;
    std::string name = "console";
    // A program that draws is seen instead of it, also where the console is started anew.
    bool background = true;
};

// A surface cannot be opened now, which may pass: too many surfaces, no memory, a bus that has no room, a
// daemon that ends meanwhile.
struct NotNow : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// A surface of hvfbd.
class SurfaceScreen final : public Screen {
  public:
    // Throws NotNow, and std::runtime_error with a sentence that says what mends it for what waiting does not
    // mend.
    static std::unique_ptr<SurfaceScreen> open(const SurfaceOptions& options);
    ~SurfaceScreen() override;

    int fd() const override { return hvfb_surface_fd(surface_); }
    Events dispatch() override;
    bool is_shown() const override { return hvfb_surface_is_shown(surface_) == 1; }
    Canvas canvas() override;
    bool take_mode() override;
    void begin() override;
    bool end(std::span<const hvfb_rect> drawn) override;

  private:
    explicit SurfaceScreen(hvfb_surface* surface) : surface_(surface) {}

    hvfb_surface* surface_;
};

}  // namespace console
