#include "run/keyboards/active_surface.h"

#include <poll.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "common/connect_bus.h"

namespace run {
namespace {

using namespace std::chrono_literals;

constexpr const char* service = "org.hvfbd.Framebuffer1";
constexpr const char* properties = "org.freedesktop.DBus.Properties";
constexpr auto between_connections = 1s;

}  // namespace

ActiveSurface::ActiveSurface(std::string bus, const std::string& display)
    : bus_name_(std::move(bus)), path_("/org/hvfbd/Framebuffer1/" + display) {}

int ActiveSurface::descriptor() const {
    return bus_ ? sd_bus_get_fd(bus_.get()) : -1;
}

short ActiveSurface::events() const {
    const int events = bus_ ? sd_bus_get_events(bus_.get()) : 0;
    return static_cast<short>(std::max(events, 0));
}

ActiveSurface::Clock::time_point ActiveSurface::next() const {
    if (!bus_) return connect_at_;
    std::uint64_t until = 0;
    // CLOCK_MONOTONIC, as this clock is.
    if (sd_bus_get_timeout(bus_.get(), &until) < 0 || until == UINT64_MAX) return Clock::time_point::max();
    return Clock::time_point(std::chrono::microseconds(until));
}

void ActiveSurface::update() {
    if (!bus_ && Clock::now() >= connect_at_) connect();
    int more = 1;
    while (bus_ && (more = sd_bus_process(bus_.get(), nullptr)) > 0) {
    }
    if (more < 0) lost();
}

void ActiveSurface::connect() {
    sd_bus* fresh = nullptr;
    int result = hvfbd::connect_bus(&fresh, bus_name_);
    bus_.reset(fresh);
    if (result >= 0)
        result = sd_bus_match_signal_async(bus_.get(), nullptr, service, path_.c_str(), properties,
                                           "PropertiesChanged", changed, nullptr, this);
    const std::string owner = "type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',arg0='" +
                              std::string(service) + '\'';
    if (result >= 0)
        result = sd_bus_add_match_async(bus_.get(), nullptr, owner.c_str(), changed, nullptr, this);
    if (result < 0)
        lost();
    else
        ask();
}

void ActiveSurface::lost() {
    question_.reset();
    bus_.reset();
    process_ = 0;
    connect_at_ = Clock::now() + between_connections;
}

int ActiveSurface::changed(sd_bus_message* message, void* self, sd_bus_error*) {
    auto* const active = static_cast<ActiveSurface*>(self);
    // A daemon that has gone shows nothing; one that has come may show what is drawn.
    if (sd_bus_message_is_signal(message, nullptr, "NameOwnerChanged")) active->process_ = 0;
    active->ask();
    return 0;
}

void ActiveSurface::ask() {
    ask(path_, "org.hvfbd.Framebuffer1.Display", "ActiveSurface", surface_is);
}

void ActiveSurface::ask(const std::string& object, const char* interface, const char* property,
                        sd_bus_message_handler_t answer) {
    sd_bus_slot* slot = nullptr;
    question_.reset();
    sd_bus_message* message = nullptr;
    int result =
        sd_bus_message_new_method_call(bus_.get(), &message, service, object.c_str(), properties, "Get");
    // A daemon that is not there is not started for this.
    if (result >= 0) result = sd_bus_message_set_auto_start(message, 0);
    if (result >= 0) result = sd_bus_message_append(message, "ss", interface, property);
    if (result >= 0) result = sd_bus_call_async(bus_.get(), &slot, message, answer, this, 0);
    sd_bus_message_unref(message);
    if (result >= 0)
        question_.reset(slot);
    else
        process_ = 0;
}

int ActiveSurface::surface_is(sd_bus_message* message, void* self, sd_bus_error*) {
    auto* const active = static_cast<ActiveSurface*>(self);
    const char* surface = nullptr;
    if (sd_bus_message_is_method_error(message, nullptr) ||
        sd_bus_message_read(message, "v", "o", &surface) < 0 || std::strcmp(surface, "/") == 0)
        active->process_ = 0;
    else
        active->ask(surface, "org.hvfbd.Framebuffer1.Surface", "Pid", process_is);
    return 0;
}

int ActiveSurface::process_is(sd_bus_message* message, void* self, sd_bus_error*) {
    auto* const active = static_cast<ActiveSurface*>(self);
    std::uint32_t process = 0;
    const bool known = !sd_bus_message_is_method_error(message, nullptr) &&
                       sd_bus_message_read(message, "v", "u", &process) >= 0;
    active->process_ = known ? static_cast<pid_t>(process) : 0;
    return 0;
}

}  // namespace run
