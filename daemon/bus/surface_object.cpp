#include "bus/surface_object.h"

namespace hvfbd {

namespace {

const Surface& surface_numbered(const Display& display, SurfaceNumber number) {
    const Surface* surface = display.surfaces().find(number);
    if (!surface)
        throw bus_error(
            {RequestError::Kind::failed, "there is no surface" + std::to_string(number) + " any more"});
    return *surface;
}

void expect_control(const Authority& authority, const Surface& surface, const Caller& caller,
                    const std::string& what) {
    const std::string number = std::to_string(surface.number());
    authority.check_control(caller.credentials.uid, surface.uid(), what + " surface" + number,
                            "hvfbctl " + what + " " + number);
}

// In the journal.
void note(BusContext& context, SurfaceNumber number, const char* what, const Caller& caller) {
    context.note("surface" + std::to_string(number) + " " + what, caller);
}

}  // namespace

std::string surface_path(const std::string& display_path, SurfaceNumber number) {
    return display_path + "/surface" + std::to_string(number);
}

SurfaceObject::SurfaceObject(BusContext& context, Display& display, const std::string& display_path,
                             SurfaceNumber number)
    : AdaptorInterfaces(context.connection(), sdbus::ObjectPath(surface_path(display_path, number))),
      context_(context),
      display_(display),
      number_(number),
      active_(display_.surfaces().is_active(surface())) {
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
    if (active_ == display_.surfaces().is_active(surface())) return;
    active_ = display_.surfaces().is_active(surface());
    signal_changes(getObject(), INTERFACE_NAME, {"Active"});
}

void SurfaceObject::client_changed() {
    signal_changes(getObject(), INTERFACE_NAME, {"Pid", "Layer"});
}

const Surface& SurfaceObject::surface() const {
    return surface_numbered(display_, number_);
}

std::string SurfaceObject::Name() {
    return surface().name();
}
uint32_t SurfaceObject::Uid() {
    return surface().uid();
}
uint32_t SurfaceObject::Pid() {
    return surface().client() ? static_cast<uint32_t>(surface().client()->pid) : 0;
}
bool SurfaceObject::Active() {
    return display_.surfaces().is_active(surface());
}
std::string SurfaceObject::Layer() {
    return std::string(name_of(surface().layer()));
}
std::string SurfaceObject::TrackingState() {
    return std::string(surface().tracking_state());
}

// Both answer when the bus has said who calls. The surface, and this object with it, may be gone by then:
// what is needed is the number alone.
void SurfaceObject::Activate(sdbus::Result<>&& result) {
    context_.when_identified(Callers::Depth::user, getObject(), std::move(result),
                             [&context = context_, &display = display_, number = number_](
                                 const Caller& caller, const auto& answer) {
                                 expect_control(context.authority(), surface_numbered(display, number),
                                                caller, "activate");
                                 display.activate(number, context.now());
                                 note(context, number, "activated", caller);
                                 answer.returnResults();
                             });
}

void SurfaceObject::Close(sdbus::Result<>&& result) {
    context_.when_identified(Callers::Depth::user, getObject(), std::move(result),
                             [&context = context_, &display = display_, number = number_](
                                 const Caller& caller, const auto& answer) {
                                 expect_control(context.authority(), surface_numbered(display, number),
                                                caller, "close");
                                 display.close_surface(number, context.now());
                                 note(context, number, "closed", caller);
                                 answer.returnResults();
                             });
}

}  // namespace hvfbd
