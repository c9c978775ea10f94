#include "control/surface_object.h"

namespace hvfbd {

std::string surface_path(SurfaceNumber number) {
    return std::string(bus_display) + "/surface" + std::to_string(number);
}

SurfaceObject::SurfaceObject(BusContext& context, SurfaceNumber number)
    : AdaptorInterfaces(context.connection(), surface_path(number)),
      context_(context),
      number_(number),
      active_(surface().active()) {
    registerAdaptor();
}

SurfaceObject::~SurfaceObject() {
    unregisterAdaptor();
}

void SurfaceObject::announce() {
    getObject().emitInterfacesAddedSignal();
}

void SurfaceObject::announce_removal() {
    getObject().emitInterfacesRemovedSignal();
}

void SurfaceObject::active_may_have_changed() {
    if (active_ == surface().active()) return;
    active_ = surface().active();
    getObject().emitPropertiesChangedSignal(INTERFACE_NAME, {"Active"});
}

void SurfaceObject::client_changed() {
    getObject().emitPropertiesChangedSignal(INTERFACE_NAME, {"Owner", "Pid"});
}

const Surface& SurfaceObject::surface() const {
    const Surface* surface = context_.pipeline().surfaces().find(number_);
    if (!surface)
        throw bus_error(
            {Refusal::Kind::failed, "there is no surface" + std::to_string(number_) + " any more"});
    return *surface;
}

std::string SurfaceObject::Name() {
    return surface().name();
}
std::string SurfaceObject::Owner() {
    return surface().client() ? surface().client()->bus_name : "";
}
uint32_t SurfaceObject::Pid() {
    return surface().client() ? static_cast<uint32_t>(surface().client()->pid) : 0;
}
bool SurfaceObject::Active() {
    return surface().active();
}
std::string SurfaceObject::TrackingState() {
    return std::string(surface().tracking_state());
}

void SurfaceObject::expect_control(const Caller& caller) const {
    const Client* owner = surface().client();
    Authority::check_control(caller.credentials.uid, caller.client.bus_name, surface().uid(),
                             owner ? owner->bus_name : "");
}

void SurfaceObject::Activate(sdbus::Result<>&& result) {
    context_.when_identified(getObject(), std::move(result),
                             [this](const Caller& caller, const auto& answer) {
                                 expect_control(caller);
                                 context_.pipeline().activate(number_, context_.now());
                                 answer.returnResults();
                             });
}

void SurfaceObject::Close(sdbus::Result<>&& result) {
    // This object is gone once the surface is closed: nothing of it may be touched after that.
    context_.when_identified(getObject(), std::move(result),
                             [this](const Caller& caller, const auto& answer) {
                                 expect_control(caller);
                                 context_.pipeline().close_surface(number_, context_.now());
                                 answer.returnResults();
                             });
}

}  // namespace hvfbd
