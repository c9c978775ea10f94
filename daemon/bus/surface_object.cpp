#include "bus/surface_object.h"

namespace hvfbd {

namespace {

const Surface& surface_numbered(const Display& pipeline, SurfaceNumber number) {
    const Surface* surface = pipeline.surfaces().find(number);
    if (!surface)
        throw bus_error(
            {RequestError::Kind::failed, "there is no surface" + std::to_string(number) + " any more"});
    return *surface;
}

void expect_control(const Surface& surface, const Caller& caller) {
    Authority::check_control(caller.credentials.uid, surface.uid());
}

}  // namespace

std::string surface_path(const std::string& display, SurfaceNumber number) {
    return display + "/surface" + std::to_string(number);
}

SurfaceObject::SurfaceObject(BusContext& context, Display& pipeline, const std::string& display,
                             SurfaceNumber number)
    : AdaptorInterfaces(context.connection(), surface_path(display, number)),
      context_(context),
      pipeline_(pipeline),
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
    return surface_numbered(pipeline_, number_);
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

// Both answer when the bus has said who calls. The surface, and this object with it, may be gone by then:
// what is needed is the number alone.
void SurfaceObject::Activate(sdbus::Result<>&& result) {
    context_.when_identified(Callers::Depth::user, getObject(), std::move(result),
                             [&context = context_, &pipeline = pipeline_, number = number_](
                                 const Caller& caller, const auto& answer) {
                                 expect_control(surface_numbered(pipeline, number), caller);
                                 pipeline.activate(number, context.now());
                                 answer.returnResults();
                             });
}

void SurfaceObject::Close(sdbus::Result<>&& result) {
    context_.when_identified(Callers::Depth::user, getObject(), std::move(result),
                             [&context = context_, &pipeline = pipeline_, number = number_](
                                 const Caller& caller, const auto& answer) {
                                 expect_control(surface_numbered(pipeline, number), caller);
                                 pipeline.close_surface(number, context.now());
                                 answer.returnResults();
                             });
}

}  // namespace hvfbd
