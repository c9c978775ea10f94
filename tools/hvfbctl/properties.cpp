#include <iostream>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "bus.h"
#include "commands.h"
#include "common/settings_table.h"
#include "table.h"
#include "values.h"

namespace hvfbctl {

namespace {

constexpr const char* display_interface = "org.hvfbd.Framebuffer1.Display";
constexpr const char* manager_interface = "org.hvfbd.Framebuffer1.Manager";

// The display's and the manager's together: no name is in both.
struct Known {
    explicit Known(Daemon& daemon)
        : display(daemon.display_properties()), manager(daemon.manager_properties()) {}

    Properties display, manager;

    // Throws UsageError for a name that is not known.
    std::pair<const char*, const sdbus::Variant*> find(const std::string& name) const {
        if (const auto found = display.find(name); found != display.end())
            return {display_interface, &found->second};
        if (const auto found = manager.find(name); found != manager.end())
            return {manager_interface, &found->second};
        std::string names;
        for (const auto* properties : {&display, &manager})
            for (const auto& [known, value] : *properties) names += " " + known;
        throw UsageError("there is no property " + name + "; there is:" + names);
    }
};

void get_all(const Known& known, bool json) {
    nlohmann::ordered_json object;
    Table table({Table::Align::left, Table::Align::left});
    for (const auto* properties : {&known.display, &known.manager})
        for (const auto& [name, value] : *properties) {
            if (json) object[name] = to_json(value);
            // Statistics have a command of their own, and would make this unreadable.
            else if (name != "Statistics")
                table.add({name, to_text(value)});
        }
    if (json)
        std::cout << as_text(object, 2) << '\n';
    else
        table.print(std::cout);
}

}  // namespace

void get_property(const Where& where, const std::string& property, bool json) {
    Daemon daemon(where);
    const Known known(daemon);
    if (property.empty()) return get_all(known, json);
    const sdbus::Variant& value = *known.find(property).second;
    std::cout << (json ? as_text(to_json(value)) : hvfbd::escaped(to_text(value))) << '\n';
}

void set_property(const Where& where, const std::string& property, const std::string& text) {
    Daemon daemon(where);
    const Known known(daemon);
    const auto [interface, now] = known.find(property);
    const auto value = from_text(text, *now);
    if (!value) throw UsageError(property + " takes " + type_in_words(*now) + "; " + text + " is not");
    if (const hvfbd::Setting* setting = hvfbd::setting_named(property))
        if (std::string wrong = hvfbd::what_is_wrong(*setting, text); !wrong.empty())
            throw std::runtime_error(wrong);
    daemon.set(interface, property, *value);
}

}  // namespace hvfbctl
