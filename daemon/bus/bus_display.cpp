#include "bus/bus_display.h"

#include <utility>

namespace hvfbd {

BusDisplay::BusDisplay(BusContext& context, Display& display, std::string name)
    : context_(context), display_(display), object_(context, display, std::move(name)) {
    // Those of the process before, without a signal: who listens sees the name come back, and asks.
    for (const Surface* surface : display.surfaces().all())
        surfaces_[surface->number()] = make(surface->number());
}

std::unique_ptr<SurfaceObject> BusDisplay::make(SurfaceNumber number) {
    return std::make_unique<SurfaceObject>(context_, display_, object_.path(), number);
}

void BusDisplay::surface_opened(SurfaceNumber number, std::string_view, const Client&) {
    auto object = make(number);
    object->announce();
    surfaces_[number] = std::move(object);
}

void BusDisplay::surface_closed(SurfaceNumber number, std::string_view, std::string_view) {
    auto found = surfaces_.find(number);
    if (found == surfaces_.end()) return;
    std::unique_ptr<SurfaceObject> object = std::move(found->second);
    surfaces_.erase(found);
    object->announce_removal();
}

void BusDisplay::surface_client_changed(SurfaceNumber number, std::string_view, std::string_view) {
    if (auto found = surfaces_.find(number); found != surfaces_.end()) found->second->client_changed();
}

void BusDisplay::active_surface_changed() {
    for (auto& [number, object] : surfaces_) object->active_may_have_changed();
    object_.changed({"ActiveSurface"});
}

void BusDisplay::visibility_changed(bool) {
    object_.changed({"Visible"});
}

void BusDisplay::layout_changed(const Layout&) {
    object_.changed({"Width", "Height", "Stride", "Format"});
}

void BusDisplay::modes_changed() {
    object_.changed({"Modes"});
}

void BusDisplay::viewer_count_changed(std::size_t) {
    object_.changed({"Viewers"});
}

void BusDisplay::problem_changed(const std::string&) {
    object_.changed({"Problem"});
}

}  // namespace hvfbd
