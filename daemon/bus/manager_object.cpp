#include "bus/manager_object.h"

#include <utility>

#include "system/log.h"

namespace hvfbd {

ManagerObject::ManagerObject(BusContext& context, std::function<void()> reload)
    : AdaptorInterfaces(context.connection(), bus_root), context_(context), reload_(std::move(reload)) {
    registerAdaptor();
}

ManagerObject::~ManagerObject() {
    unregisterAdaptor();
}

void ManagerObject::log_level_changed() {
    // Both adaptors have an INTERFACE_NAME.
    getObject().emitPropertiesChangedSignal(Manager_adaptor::INTERFACE_NAME, {"LogLevel"});
}

std::string ManagerObject::Version() {
    return HVFBD_VERSION;
}

std::string ManagerObject::LogLevel() {
    return log_level();
}

void ManagerObject::LogLevel(const std::string& value) {
    with_bus_errors([&] {
        context_.expect_root_sets();
        std::string before = log_level();
        set_log_level(value);
        if (log_level() != before) log_level_changed();
    });
}

void ManagerObject::Reload(sdbus::Result<>&& result) {
    context_.when_identified(Callers::Depth::user, getObject(), std::move(result),
                             [this](const Caller& caller, const auto& answer) {
                                 context_.authority().check_tune(caller.credentials.uid);
                                 reload_();
                                 answer.returnResults();
                             });
}

}  // namespace hvfbd
