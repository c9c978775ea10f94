#pragma once

#include <display_proxy.h>
#include <manager_proxy.h>
#include <surface_proxy.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/sdbus.h"
#include "reason.h"
#include "service_state.h"
#include "where.h"

namespace hvfbctl {

constexpr const char* service_name = "org.hvfbd.Framebuffer1";
constexpr const char* manager_path = "/org/hvfbd/Framebuffer1";

using Properties = std::map<std::string, sdbus::Variant>;

// A surface as the bus shows it at one moment.
struct SurfaceRecord {
    std::string path;
    std::uint32_t number = 0;  // the one at the end of the path
    std::string name, layer, tracking_state;
    std::uint32_t uid = 0, pid = 0;
    bool active = false;
};

// Everything of a display at one moment.
struct DisplayState {
    std::string path, name;
    Properties properties;
    std::vector<SurfaceRecord> surfaces;  // oldest first
};

ShownOrNot shown_or_not(const DisplayState& state);

// Nothing of that type where there is none of that name.
template <class Value>
Value value_of(const Properties& properties, const std::string& name) {
    const auto found = properties.find(name);
    return found == properties.end() || !found->second.containsValueOfType<Value>()
               ? Value{}
               : found->second.get<Value>();
}

// What of its configuration files does not count, as the daemon says it. An older one says nothing.
inline std::vector<std::string> configuration_warnings(const Properties& manager) {
    return value_of<std::vector<std::string>>(manager, "ConfigurationWarnings");
}

// The same of a display.
struct DisplayRecord {
    std::string name, output, problem;
    std::uint32_t width = 0, height = 0;
    bool visible = false;
    std::size_t surfaces = 0;
};

template <class Interface>
class Proxy final : public sdbus::ProxyInterfaces<Interface> {
  public:
    using sdbus::ProxyInterfaces<Interface>::ProxyInterfaces;
};
using DisplayProxy = Proxy<org::hvfbd::Framebuffer1::Display_proxy>;
using ManagerProxy = Proxy<org::hvfbd::Framebuffer1::Manager_proxy>;
using SurfaceProxy = Proxy<org::hvfbd::Framebuffer1::Surface_proxy>;

// Nobody has the daemon's name on the bus. Says why, as far as systemd knows, and what mends it.
class NotRunning : public std::runtime_error {
  public:
    explicit NotRunning(const std::optional<ServiceProblem>& problem = std::nullopt)
        : std::runtime_error(problem ? problem->sentence + ": " + problem->mend
                                     : "hvfbd is not running: sudo systemctl start hvfbd") {}
};

// The daemon that runs, as seen over the bus. Everything is a synchronous question and throws sdbus::Error.
// It is called by the unique name that it has on the bus: a call to its well-known name would start it, which
// takes the screen.
class Daemon {
  public:
    // Throws NotRunning. Where the daemon does not answer for two seconds, standard error says so.
    explicit Daemon(const Where& where);
    // The one that runs now, which may be another process. Throws NotRunning.
    void find();

    DisplayProxy& display() { return *display_; }
    ManagerProxy& manager() { return *manager_; }
    std::string display_path() const;

    Properties display_properties();
    Properties manager_properties();
    // All there are, display0 first; of one call. Where a signal comes before its answer: an error named
    // *.EINTR.
    std::vector<DisplayState> states();
    // That of --display. Throws std::runtime_error where there is none.
    DisplayState state();
    std::vector<DisplayRecord> displays();
    // Of the display, oldest first.
    std::vector<SurfaceRecord> surfaces();
    // Finds a surface by its number, its name or its path. Throws std::runtime_error if there is none, or
    // several of the name.
    SurfaceRecord surface(const std::string& which);
    SurfaceProxy surface_proxy(const SurfaceRecord& record);

    void set(const std::string& interface, const std::string& property, const sdbus::Variant& value);

  private:
    void say_if_it_does_not_answer();

    std::map<sdbus::ObjectPath, std::map<std::string, Properties>> objects();
    Properties properties(const std::string& path, const std::string& interface);
    std::unique_ptr<sdbus::IProxy> proxy(const std::string& path);

    Where where_;
    std::unique_ptr<sdbus::IConnection> connection_;
    std::string owner_;
    std::unique_ptr<DisplayProxy> display_;
    std::unique_ptr<ManagerProxy> manager_;
};

// Opens a connection to --bus. Throws sdbus::Error.
std::unique_ptr<sdbus::IConnection> connect(const std::string& bus);

// The unique name of the daemon on the bus; empty where it does not run. Starts nothing. Throws sdbus::Error.
std::string owner_of_name(sdbus::IConnection& connection);

// A sentence for people about an error of the bus: the daemon's own sentences as they are, the bus' in plain
// words.
std::string explain(const sdbus::Error& error, const Where& where);

}  // namespace hvfbctl
