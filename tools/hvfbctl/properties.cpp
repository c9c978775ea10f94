#include <iostream>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "bus.h"
#include "commands.h"
#include "common/did_you_mean.h"
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
        : display(daemon.state().properties), manager(daemon.manager_properties()) {}

    Properties display, manager;

    // Throws UsageError for a name that is not known.
    std::pair<const char*, const sdbus::Variant*> find(const std::string& name) const {
        if (const auto found = display.find(name); found != display.end())
            return {display_interface, &found->second};
        if (const auto found = manager.find(name); found != manager.end())
            return {manager_interface, &found->second};
        std::vector<std::string> names;
        for (const auto* properties : {&display, &manager})
            for (const auto& [known, value] : *properties) names.push_back(known);
        std::string list;
        for (const std::string& known : names) list += (list.empty() ? "" : ", ") + known;
        const std::string near = hvfbd::did_you_mean(name, names);
        throw UsageError("there is no property " + name + (near.empty() ? "; there are: " + list : near));
    }
};

// As people read it, and `set` takes it.
std::string text_of_property(const std::string& name, const sdbus::Variant& value) {
    if (name == "Format" && value.containsValueOfType<std::uint32_t>())
        return format_name(value.get<std::uint32_t>());
    const std::string text = to_text(value);
    const hvfbd::Setting* const setting = hvfbd::setting_named(name);
    const auto number = setting == nullptr ? std::nullopt : value_in(*setting, text);
    return number ? hvfbd::shown(*setting, *number) : text;
}

void get_all(const Known& known, bool json) {
    nlohmann::ordered_json object;
    Table table({Table::Align::left, Table::Align::left});
    for (const auto* properties : {&known.display, &known.manager})
        for (const auto& [name, value] : *properties) {
            if (json) object[name] = to_json(value);
            // Statistics have a command of their own, and would make this unreadable.
            else if (name != "Statistics")
                table.add({name, text_of_property(name, value)});
        }
    if (json)
        std::cout << as_text(object, 2) << '\n';
    else
        table.print(std::cout);
}

// What the table of settings knows needs no daemon to be judged. Throws UsageError.
sdbus::Variant value_of_setting(const hvfbd::Setting& setting, const std::string& text) {
    using Type = hvfbd::Setting::Type;
    if (const std::string wrong = hvfbd::what_is_wrong(setting, text); !wrong.empty())
        throw UsageError(wrong + hvfbd::did_you_mean(text, words_of(setting)));
    const std::uint64_t number = value_in(setting, text).value_or(0);
    sdbus::Variant value(text);
    if (setting.type == Type::number) value = sdbus::Variant(static_cast<std::uint32_t>(number));
    if (setting.type == Type::long_number) value = sdbus::Variant(number);
    return value;
}

// A value that was set is gone with the next reload. Of the drop-ins the last one by name counts.
void say_how_to_keep(const hvfbd::Setting& setting, const std::string& text) {
    const auto number = value_in(setting, text);
    const std::string value = number ? shown(setting, *number) : text;
    const bool of_log = setting.name == hvfbd::log_level_setting.name;
    std::cout << setting.name << " is " << value
              << " until the next reload, or until the service is stopped.\n"
              << "To keep it, put this into /etc/hvfbd/hvfbd.conf.d/zz-local.conf:\n"
              << (of_log ? "[Log]" : "[Display]") << '\n'
              << setting.key << '=' << value << '\n';
}

// What the key of the configuration is called on the bus.
std::string name_on_bus(const std::string& property) {
    const hvfbd::Setting* const setting = hvfbd::setting_with_key(property);
    return setting == nullptr ? property : std::string(setting->name);
}

}  // namespace

void get_property(const Where& where, const std::string& name, bool json) {
    const std::string property = name_on_bus(name);
    Daemon daemon(where);
    const Known known(daemon);
    if (property.empty()) return get_all(known, json);
    const sdbus::Variant& value = *known.find(property).second;
    std::cout << (json ? as_text(to_json(value)) : hvfbd::escaped(text_of_property(property, value))) << '\n';
}

void set_property(const Where& where, const std::string& name, const std::string& given) {
    std::string property = name, text = given;
    if (const hvfbd::Setting* const key = hvfbd::setting_with_key(name); key && key->name != name) {
        const auto number = value_of_key(*key, given);
        if (!number) throw UsageError(what_is_wrong_with_key(*key, given));
        property = key->name;
        text = to_text(*key, *number);
    }
    std::optional<sdbus::Variant> value;
    const hvfbd::Setting* const setting = hvfbd::setting_named(property);
    if (setting != nullptr) value = value_of_setting(*setting, text);
    Daemon daemon(where);
    // That one may be newer than this program, and let more be set.
    const Known known(daemon);
    const auto [interface, now] = known.find(property);
    if (!value) value = from_text(text, *now);
    if (!value) throw UsageError(property + " takes " + type_in_words(*now) + "; \"" + text + "\" is not");
    try {
        daemon.set(interface, property, *value);
    } catch (const sdbus::Error& error) {
        if (error.getName() != "org.freedesktop.DBus.Error.PropertyReadOnly") throw;
        throw UsageError(property + " can only be read; hvfbctl set --help lists what can be set");
    }
    if (setting != nullptr) say_how_to_keep(*setting, text);
}

}  // namespace hvfbctl
