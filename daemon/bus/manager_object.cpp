#include "bus/manager_object.h"

#include <utility>

#include "common/settings_table.h"
#include "system/log.h"

namespace hvfbd {

ManagerObject::ManagerObject(BusContext& context, std::function<void()> reload)
    : AdaptorInterfaces(context.connection(), sdbus::ObjectPath(bus_root)),
      context_(context),
      reload_(std::move(reload)) {
    registerAdaptor();
}

ManagerObject::~ManagerObject() {
    unregisterAdaptor();
}

void ManagerObject::log_level_changed() {
    // Both adaptors have an INTERFACE_NAME.
    signal_changes(getObject(), Manager_adaptor::INTERFACE_NAME, {"LogLevel"});
}

void ManagerObject::set_configuration_warnings(std::vector<std::string> warnings) {
    if (warnings == configuration_warnings_) return;
    configuration_warnings_ = std::move(warnings);
    signal_changes(getObject(), Manager_adaptor::INTERFACE_NAME, {"ConfigurationWarnings"});
}

std::string ManagerObject::Version() {
    return HVFBD_VERSION;
}

std::string ManagerObject::LogLevel() {
    return log_level();
}

void ManagerObject::LogLevel(const std::string& value) {
    with_bus_errors([&] {
        const bool known = value_in(log_level_setting, value).has_value();
        const auto& setter =
            context_.expect_root_sets("LogLevel", "hvfbctl set LogLevel " + (known ? value : "VALUE"));
        const std::string before = log_level();
        if (value == before) return;
        const std::string done = "LogLevel: " + before + " -> " + value;
        // At one of the two levels it is logged, unless both are for worse.
        const auto note_if = [&](bool when) {
            if (when && known) context_.note(done, setter.uid, setter.bus_name);
        };
        const bool said_before = before == "info" || before == "debug" || before == "trace";
        note_if(said_before);
        set_log_level(value);
        note_if(!said_before);
        log_level_changed();
    });
}

void ManagerObject::Reload(sdbus::Result<>&& result) {
    context_.when_identified(Callers::Depth::user, getObject(), std::move(result),
                             [this](const Caller& caller, const auto& answer) {
                                 context_.authority().check_tune(caller.credentials.uid,
                                                                 "have the configuration read again",
                                                                 "systemctl reload hvfbd");
                                 reload_();
                                 context_.note("configuration read again", caller);
                                 answer.returnResults();
                             });
}

}  // namespace hvfbd
