#include "bus/bus_connection.h"

#include "base/error.h"

namespace hvfbd {

namespace {

std::unique_ptr<sdbus::IConnection> connect(const std::string& which) {
    // sdbus-c++ opens descriptors with its first variant, and then no more: now, while there are some.
    [[maybe_unused]] const sdbus::Variant first;
    if (which == "system") return sdbus::createSystemBusConnection();
    if (which == "session") return sdbus::createSessionBusConnection();
    return sdbus::createSessionBusConnectionWithAddress(which);
}

}  // namespace

BusConnection::BusConnection(EventLoop& loop, const std::string& which)
    : connection_(connect(which)), attachment_(loop, *connection_) {}

void BusConnection::request_name(const std::string& name) {
    try {
        connection_->requestName(sdbus::ServiceName(name));
    } catch (const sdbus::Error& error) {
        if (error.getName() != "org.freedesktop.DBus.Error.FileExists") throw;
        throw RequestError(RequestError::Kind::failed,
                           "the bus has a " + name + " already: another hvfbd runs on it");
    }
}

}  // namespace hvfbd
