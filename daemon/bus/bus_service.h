#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "bus/bus_context.h"
#include "bus/bus_display.h"
#include "bus/manager_object.h"

namespace hvfbd {

// All objects on the bus: the daemon, and each display.
class BusService {
  public:
    // Borrowed: all. `displays`: display0 first.
    BusService(EventLoop& loop, sdbus::IConnection& connection, const std::vector<Display*>& displays,
               const Authority& authority, std::function<void()> reload);

    // Observes its display.
    BusDisplay& display(std::size_t number) { return *displays_.at(number); }
    ManagerObject& manager() { return manager_; }
    void set_authority(const Authority& authority) { context_.set_authority(authority); }

  private:
    BusContext context_;
    ManagerObject manager_;
    std::vector<std::unique_ptr<BusDisplay>> displays_;
};

}  // namespace hvfbd
