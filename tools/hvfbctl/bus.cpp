#include "bus.h"

#include <algorithm>
#include <chrono>
#include <iostream>
#include <stdexcept>

#include "common/numbers.h"
#include "for_caller.h"

namespace hvfbctl {

namespace {

constexpr const char* surface_interface = "org.hvfbd.Framebuffer1.Surface";
constexpr const char* display_interface = "org.hvfbd.Framebuffer1.Display";
constexpr const char* manager_interface = "org.hvfbd.Framebuffer1.Manager";
constexpr const char* properties_interface = "org.freedesktop.DBus.Properties";

std::uint32_t number_at_end(std::string_view path) {
    const auto number =
        hvfbd::whole_number<std::uint32_t>(path.substr(path.find_last_not_of("0123456789") + 1));
    if (!number)
        throw std::runtime_error("hvfbd names an object " + std::string(path) + ", without a number");
    return *number;
}

SurfaceRecord record_of(const std::string& path, const Properties& all) {
    return {path,
            number_at_end(path),
            value_of<std::string>(all, "Name"),
            value_of<std::string>(all, "Layer"),
            value_of<std::string>(all, "TrackingState"),
            value_of<std::uint32_t>(all, "Uid"),
            value_of<std::uint32_t>(all, "Pid"),
            value_of<bool>(all, "Active")};
}

}  // namespace

std::unique_ptr<sdbus::IConnection> connect(const std::string& bus) {
    if (bus == "system") return sdbus::createSystemBusConnection();
    if (bus == "session") return sdbus::createSessionBusConnection();
    return sdbus::createSessionBusConnectionWithAddress(bus);
}

std::string owner_of_name(sdbus::IConnection& connection) {
    std::string owner;
    try {
        sdbus::createProxy(connection, sdbus::ServiceName("org.freedesktop.DBus"),
                           sdbus::ObjectPath("/org/freedesktop/DBus"))
            ->callMethod("GetNameOwner")
            .onInterface("org.freedesktop.DBus")
            .withArguments(service_name)
            .storeResultsTo(owner);
    } catch (const sdbus::Error& error) {
        if (error.getName() != "org.freedesktop.DBus.Error.NameHasNoOwner") throw;
    }
    return owner;
}

Daemon::Daemon(const Where& where) : where_(where), connection_(connect(where.bus)) {
    find();
    say_if_it_does_not_answer();
}

// What is asked next may wait long.
void Daemon::say_if_it_does_not_answer() {
    try {
        proxy(manager_path)
            ->callMethod("Ping")
            .onInterface("org.freedesktop.DBus.Peer")
            .withTimeout(std::chrono::seconds(2));
    } catch (const sdbus::Error& error) {
        // Whatever else it is, the question itself says it.
        const std::string& name = error.getName();
        if (!name.ends_with("NoReply") && !name.ends_with("Timeout") && !name.ends_with("ETIMEDOUT")) return;
        std::cerr << for_caller(
            "hvfbctl: hvfbd does not answer; still waiting. What it does: sudo systemctl status hvfbd\n");
    }
}

void Daemon::find() {
    const std::string owner = owner_of_name(*connection_);
    if (owner.empty()) throw NotRunning(problem_of_service(*connection_));
    if (owner == owner_) return;
    owner_ = owner;
    display_ = std::make_unique<DisplayProxy>(*connection_, sdbus::ServiceName(owner_),
                                              sdbus::ObjectPath(display_path()));
    manager_ = std::make_unique<ManagerProxy>(*connection_, sdbus::ServiceName(owner_),
                                              sdbus::ObjectPath(manager_path));
}

std::string Daemon::display_path() const {
    return std::string(manager_path) + "/" + where_.display;
}

std::unique_ptr<sdbus::IProxy> Daemon::proxy(const std::string& path) {
    return sdbus::createProxy(*connection_, sdbus::ServiceName(owner_), sdbus::ObjectPath(path));
}

Properties Daemon::properties(const std::string& path, const std::string& interface) {
    Properties result;
    proxy(path)
        ->callMethod("GetAll")
        .onInterface(properties_interface)
        .withArguments(interface)
        .storeResultsTo(result);
    return result;
}

Properties Daemon::display_properties() {
    return properties(display_path(), display_interface);
}

Properties Daemon::manager_properties() {
    return properties(manager_path, manager_interface);
}

void Daemon::set(const std::string& interface, const std::string& property, const sdbus::Variant& value) {
    proxy(interface == manager_interface ? manager_path : display_path())
        ->callMethod("Set")
        .onInterface(properties_interface)
        .withArguments(interface, property, value);
}

std::map<sdbus::ObjectPath, std::map<std::string, Properties>> Daemon::objects() {
    using Objects = std::map<sdbus::ObjectPath, std::map<std::string, Properties>>;
    std::optional<Objects> objects;
    std::optional<sdbus::Error> refused;
    const auto manager = proxy(manager_path);
    manager->callMethodAsync("GetManagedObjects")
        .onInterface("org.freedesktop.DBus.ObjectManager")
        .uponReplyInvoke([&](const hvfbd::ReplyError error, const Objects& all) {
            if (error)
                refused = *error;
            else
                objects = all;
        });
    while (!objects && !refused)
        if (!hvfbd::serve(*connection_))
            throw hvfbd::named_error("org.hvfbd.Error.EINTR", "a signal came before the answer");
    if (refused) throw sdbus::Error(*refused);
    return *std::move(objects);
}

std::vector<DisplayState> Daemon::states() {
    std::vector<DisplayState> result;
    const auto all = objects();
    for (const auto& [path, interfaces] : all) {
        const auto found = interfaces.find(display_interface);
        if (found == interfaces.end()) continue;
        result.push_back({path, value_of<std::string>(found->second, "Name"), found->second, {}});
        std::vector<SurfaceRecord>& surfaces = result.back().surfaces;
        for (const auto& [below, of_surface] : all) {
            const auto surface = of_surface.find(surface_interface);
            if (surface != of_surface.end() && below.starts_with(path + "/"))
                surfaces.push_back(record_of(below, surface->second));
        }
        std::ranges::sort(surfaces, {}, &SurfaceRecord::number);
    }
    // As numbers, not as words.
    std::ranges::sort(result, {}, [](const DisplayState& display) { return number_at_end(display.name); });
    return result;
}

ShownOrNot shown_or_not(const DisplayState& state) {
    const Properties& display = state.properties;
    return {value_of<std::string>(display, "Output"),
            value_of<std::string>(display, "Problem"),
            value_of<std::string>(display, "WhenHidden"),
            value_of<bool>(display, "Visible"),
            !state.surfaces.empty(),
            std::ranges::any_of(state.surfaces, &SurfaceRecord::active)};
}

DisplayState Daemon::state() {
    std::string known;
    for (DisplayState& display : states()) {
        if (display.path == display_path()) return std::move(display);
        known += (known.empty() ? "" : ", ") + display.name;
    }
    throw std::runtime_error("there is no display " + where_.display + "; there is: " + known);
}

std::vector<DisplayRecord> Daemon::displays() {
    std::vector<DisplayRecord> result;
    for (const auto& [path, name, properties, surfaces] : states())
        result.push_back(
            {name, value_of<std::string>(properties, "Output"), value_of<std::string>(properties, "Problem"),
             value_of<std::uint32_t>(properties, "Width"), value_of<std::uint32_t>(properties, "Height"),
             value_of<bool>(properties, "Visible"), surfaces.size()});
    return result;
}

std::vector<SurfaceRecord> Daemon::surfaces() {
    return state().surfaces;
}

SurfaceRecord Daemon::surface(const std::string& which) {
    std::vector<SurfaceRecord> matching;
    for (auto& record : surfaces()) {
        // A number or a path means one surface, and wins over a name that looks like one.
        if (record.path == which || std::to_string(record.number) == which ||
            record.path.substr(record.path.rfind('/') + 1) == which)
            return record;
        if (record.name == which) matching.push_back(std::move(record));
    }
    if (matching.empty())
        throw std::runtime_error("there is no surface " + which + " on " + where_.display +
                                 "; see: hvfbctl surfaces");
    if (matching.size() > 1)
        throw std::runtime_error("several surfaces are named " + which +
                                 "; name one by its number; see: hvfbctl surfaces");
    return matching.front();
}

SurfaceProxy Daemon::surface_proxy(const SurfaceRecord& record) {
    return {*connection_, sdbus::ServiceName(owner_), sdbus::ObjectPath(record.path)};
}

std::string explain(const sdbus::Error& error, const Where& where) {
    const std::string& name = error.getName();
    const std::string bus =
        where.bus == "system" || where.bus == "session" ? "the " + where.bus + " bus" : where.bus;
    const auto is = [&](std::initializer_list<const char*> names) {
        return std::ranges::any_of(names, [&](const char* last) {
            return name == std::string("org.freedesktop.DBus.Error.") + last;
        });
    };
    if (is({"ServiceUnknown", "NameHasNoOwner", "Disconnected", "NoReply"}))
        return "hvfbd does not answer on " + bus + " (" + error.getMessage() +
               "). Start it: sudo systemctl start hvfbd. What is missing: hvfbctl doctor";
    if (is({"UnknownObject", "UnknownMethod"}))
        return "there is no display " + where.display + ", or its surface is gone; see: hvfbctl displays";
    if (!name.starts_with("org.hvfbd.") && (is({"FileNotFound", "NoServer", "BadAddress"}) ||
                                            error.getMessage().find("open") != std::string::npos))
        return "cannot reach " + bus + ": " + error.getMessage() + ". Another one can be named with --bus";
    return error.getMessage();
}

}  // namespace hvfbctl
