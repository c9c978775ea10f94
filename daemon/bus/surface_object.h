#pragma once

#include <string>

#include "bus/bus_context.h"
#include "common/sdbus.h"
#include "surface_adaptor.h"

namespace hvfbd {

std::string surface_path(const std::string& display_path, SurfaceNumber number);

// One surface on the bus, for as long as it is there.
class SurfaceObject final : public sdbus::AdaptorInterfaces<org::hvfbd::Framebuffer1::Surface_adaptor> {
  public:
    // Borrowed: the display, of this path.
    SurfaceObject(BusContext& context, Display& display, const std::string& display_path,
                  SurfaceNumber number);
    SurfaceObject(const SurfaceObject&) = delete;
    SurfaceObject& operator=(const SurfaceObject&) = delete;
    ~SurfaceObject();

    void announce();
    void announce_removal();
    // Signals Active if it is not what was signalled last.
    void active_may_have_changed();
    void client_changed();

  private:
    std::string Name() override;
    uint32_t Uid() override;
    uint32_t Pid() override;
    bool Active() override;
    std::string Layer() override;
    std::string TrackingState() override;
    void Activate(sdbus::Result<>&& result) override;
    void Close(sdbus::Result<>&& result) override;

    const Surface& surface() const;

    BusContext& context_;
    Display& display_;
    SurfaceNumber number_;
    bool active_;  // as it was signalled
};

}  // namespace hvfbd
