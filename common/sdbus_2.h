#pragma once

#include <poll.h>
#include <sdbus-c++/sdbus-c++.h>

#include <cerrno>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace hvfbd {

// What a handler of a reply is called with: nothing where the call succeeded.
using ReplyError = std::optional<sdbus::Error>;

inline sdbus::Error named_error(std::string name, std::string message) {
    return {sdbus::Error::Name(std::move(name)), std::move(message)};
}

// Who sent the call that `object` answers now: a unique name of the bus.
inline std::string sender_of_call(const sdbus::IObject& object) {
    return object.getCurrentlyProcessedMessage().getSender();
}

// Registers a property that is read, written and signalled, of an interface that has others already.
template <typename Getter, typename Setter>
void add_property(sdbus::IObject& object, const char* interface, std::string name, Getter get, Setter set) {
    object
        .addVTable(sdbus::registerProperty(sdbus::PropertyName(std::move(name)))
                       .withGetter(std::move(get))
                       .withSetter(std::move(set))
                       .withUpdateBehavior(sdbus::Flags::EMITS_CHANGE_SIGNAL))
        .forInterface(sdbus::InterfaceName(interface));
}

// Signals that these properties of `object` have other values now.
inline void signal_changes(sdbus::IObject& object, const char* interface,
                           const std::vector<std::string>& properties) {
    object.emitPropertiesChangedSignal(
        sdbus::InterfaceName(interface),
        std::vector<sdbus::PropertyName>(properties.begin(), properties.end()));
}

// Does what the connection has to do, or waits until there is something. False: a signal came first. (A call
// that waits for its answer goes on after a signal.)
inline bool serve(sdbus::IConnection& connection) {
    if (connection.processPendingEvent()) return true;
    const auto wanted = connection.getEventLoopPollData();
    pollfd watched{wanted.fd, wanted.events, 0};
    return ::poll(&watched, 1, wanted.getPollTimeout()) >= 0 || errno != EINTR;
}

// Version 1.2 has to be told that all signals of a proxy are subscribed to.
inline void all_subscribed(sdbus::IProxy&) {}

}  // namespace hvfbd
