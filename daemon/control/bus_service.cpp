#include "control/bus_service.h"

#include <utility>

namespace hvfbd {

BusService::BusService(EventLoop& loop, sdbus::IConnection& connection, Pipeline& pipeline,
                       Authority authority, std::function<void()> reload)
    : context_(loop, connection, pipeline, std::move(authority)),
      manager_(context_, std::move(reload)),
      display_(context_) {
    // Those of the process before. Nobody is told: who listens sees the name come back, and asks.
    for (const Surface* surface : pipeline.surfaces().all())
        surfaces_[surface->number()] = std::make_unique<SurfaceObject>(context_, surface->number());
}

void BusService::surface_opened(SurfaceNumber number, std::string_view, const Client&) {
    auto& object = surfaces_[number] = std::make_unique<SurfaceObject>(context_, number);
    object->announce();
}

void BusService::surface_closed(SurfaceNumber number, std::string_view, std::string_view) {
    auto found = surfaces_.find(number);
    if (found == surfaces_.end()) return;
    found->second->announce_removal();
    surfaces_.erase(found);
}

void BusService::surface_client_changed(SurfaceNumber number, std::string_view, std::string_view) {
    if (auto found = surfaces_.find(number); found != surfaces_.end()) found->second->client_changed();
}

void BusService::active_surface_changed() {
    for (auto& [number, object] : surfaces_) object->active_may_have_changed();
    display_.changed({"ActiveSurface"});
}

void BusService::visibility_changed(bool) {
    display_.changed({"Visible"});
}

void BusService::layout_changed(const Layout&) {
    display_.changed({"Width", "Height", "Stride", "Format"});
}

}  // namespace hvfbd
