#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/event_loop.h"
#include "output/drm/card.h"

struct udev;
struct udev_monitor;

namespace hvfbd::drm {

// The kernel's cards, through libdrm, and its announcements of what happens to them.
class KernelCardPort : public CardPort {
  public:
    // `path`: /dev/dri/cardN; empty: the first that has a screen on `connector` (empty: on any), else the
    // first there is. Throws std::system_error when the kernel's announcements cannot be heard.
    KernelCardPort(std::filesystem::path path, std::string connector);
    KernelCardPort(const KernelCardPort&) = delete;
    KernelCardPort& operator=(const KernelCardPort&) = delete;
    ~KernelCardPort() override;

    std::unique_ptr<Card> open() override;
    int descriptor() const override;
    bool take_events() override;

  private:
    struct Unref {
        void operator()(udev* context) const;
        void operator()(udev_monitor* monitor) const;
    };
    std::filesystem::path path_;
    std::string connector_;
    std::unique_ptr<udev, Unref> udev_;
    std::unique_ptr<udev_monitor, Unref> monitor_;
};

}  // namespace hvfbd::drm
