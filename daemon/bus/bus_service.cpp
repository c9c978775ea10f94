#include "bus/bus_service.h"

#include <utility>

namespace hvfbd {

BusService::BusService(EventLoop& loop, sdbus::IConnection& connection, const std::vector<Display*>& displays,
                       const Authority& authority, std::function<void()> reload)
    : context_(loop, connection, displays, authority), manager_(context_, std::move(reload)) {
    for (Display* display : displays)
        displays_.push_back(
            std::make_unique<BusDisplay>(context_, *display, "display" + std::to_string(displays_.size())));
}

}  // namespace hvfbd
