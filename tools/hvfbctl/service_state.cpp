#include "service_state.h"

#include <chrono>
#include <map>

#include "common/sdbus.h"

namespace hvfbctl {

namespace {

constexpr const char* systemd_name = "org.freedesktop.systemd1";
constexpr std::chrono::seconds timeout{1};

// What systemd knows of a unit: properties of two interfaces.
class Unit {
  public:
    // Throws sdbus::Error.
    Unit(sdbus::IConnection& connection, const std::string& name) {
        sdbus::ObjectPath path;
        sdbus::createProxy(connection, sdbus::ServiceName(systemd_name),
                           sdbus::ObjectPath("/org/freedesktop/systemd1"))
            ->callMethod("LoadUnit")
            .onInterface("org.freedesktop.systemd1.Manager")
            .withTimeout(timeout)
            .withArguments(name)
            .storeResultsTo(path);
        auto unit = sdbus::createProxy(connection, sdbus::ServiceName(systemd_name), path);
        for (const char* interface : {"org.freedesktop.systemd1.Unit", "org.freedesktop.systemd1.Service"}) {
            std::map<std::string, sdbus::Variant> properties;
            unit->callMethod("GetAll")
                .onInterface("org.freedesktop.DBus.Properties")
                .withTimeout(timeout)
                .withArguments(interface)
                .storeResultsTo(properties);
            properties_.merge(properties);
        }
    }

    // Empty, and 0, where it has no such property.
    std::string word(const char* name) const { return value<std::string>(name); }
    std::uint32_t number(const char* name) const { return value<std::uint32_t>(name); }
    std::string load_error() const {
        return std::get<1>(value<sdbus::Struct<std::string, std::string>>("LoadError"));
    }

  private:
    template <class Value>
    Value value(const char* name) const {
        const auto found = properties_.find(name);
        return found == properties_.end() || !found->second.containsValueOfType<Value>()
                   ? Value{}
                   : found->second.get<Value>();
    }

    std::map<std::string, sdbus::Variant> properties_;
};

std::optional<ServiceProblem> problem_of(const Unit& unit) {
    const std::string loaded = unit.word("LoadState"), active = unit.word("ActiveState");
    if (loaded == "masked")
        return ServiceProblem{"hvfbd is masked: nothing starts it", "systemctl unmask hvfbd"};
    if (loaded == "not-found")
        return ServiceProblem{"hvfbd does not run, and systemd has no unit hvfbd.service",
                              "install the package hvfbd, or: systemctl daemon-reload"};
    if (loaded != "loaded")
        return ServiceProblem{"systemd cannot load hvfbd.service: " + unit.load_error(),
                              "systemd-analyze verify hvfbd.service"};
    const std::string why = " (" + unit.word("Result") + ")";
    const char* const journal = "journalctl -u hvfbd -n 20";
    if (active == "failed") return ServiceProblem{"hvfbd has failed" + why, journal};
    if (active != "activating" && active != "reloading") return std::nullopt;
    if (unit.number("NRestarts") > 0 || unit.word("SubState") == "auto-restart")
        return ServiceProblem{"hvfbd fails, and systemd starts it again" + why, journal};
    return ServiceProblem{"hvfbd is starting and has not finished", "systemctl status hvfbd"};
}

}  // namespace

std::optional<ServiceProblem> problem_of_service(sdbus::IConnection& connection) {
    try {
        return problem_of(Unit(connection, "hvfbd.service"));
    } catch (const sdbus::Error&) {
        return std::nullopt;
    }
}

}  // namespace hvfbctl
