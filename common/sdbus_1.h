#pragma once

#include <poll.h>
#include <sdbus-c++/sdbus-c++.h>

#include <cerrno>
#include <string>
#include <utility>
#include <vector>

// Types of version 2 that are strings in 1.2.
namespace sdbus {
using ServiceName = std::string;
using InterfaceName = std::string;
using MethodName = std::string;
}  // namespace sdbus

// The rest of common/sdbus_2.h, which says what each is for.
namespace hvfbd {

using ReplyError = const sdbus::Error*;

inline sdbus::Error named_error(const std::string& name, const std::string& message) {
    return {name, message};
}

inline std::string sender_of_call(const sdbus::IObject& object) {
    return object.getCurrentlyProcessedMessage()->getSender();
}

template <typename Getter, typename Setter>
void add_property(sdbus::IObject& object, const char* interface, const std::string& name, Getter get,
                  Setter set) {
    object.registerProperty(name)
        .onInterface(interface)
        .withGetter(std::move(get))
        .withSetter(std::move(set))
        .withUpdateBehavior(sdbus::Flags::EMITS_CHANGE_SIGNAL);
}

inline void signal_changes(sdbus::IObject& object, const char* interface,
                           const std::vector<std::string>& properties) {
    object.emitPropertiesChangedSignal(interface, properties);
}

inline bool serve(sdbus::IConnection& connection) {
    if (connection.processPendingRequest()) return true;
    const auto wanted = connection.getEventLoopPollData();
    pollfd watched{wanted.fd, wanted.events, 0};
    return ::poll(&watched, 1, wanted.getPollTimeout()) >= 0 || errno != EINTR;
}

inline void all_subscribed(sdbus::IProxy& proxy) {
    proxy.finishRegistration();
}

}  // namespace hvfbd
