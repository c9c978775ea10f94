#pragma once

#include <sdbus-c++/sdbus-c++.h>

#include <string>
#include <utility>

// Types of version 2 that are strings in 1.2.
namespace sdbus {
using ServiceName = std::string;
using InterfaceName = std::string;
using MethodName = std::string;
using PropertyName = std::string;
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

inline void all_subscribed(sdbus::IProxy& proxy) {
    proxy.finishRegistration();
}

}  // namespace hvfbd
