#include "display/display_settings.h"

#include <algorithm>
#include <array>
#include <type_traits>

#include "base/error.h"

namespace hvfbd {

namespace {

constexpr std::uint64_t number_of(std::chrono::microseconds value) {
    return static_cast<std::uint64_t>(value.count());
}
template <typename Value>
constexpr std::uint64_t number_of(Value value) {
    return static_cast<std::uint64_t>(value);
}

consteval const Setting& setting_of(std::string_view name) {
    return *std::ranges::find(display_settings, name, &Setting::name);
}

template <auto member>
consteval SettingField field(std::string_view name) {
    return {setting_of(name), [](const DisplaySettings& settings) { return number_of(settings.*member); },
            [](DisplaySettings& settings, std::uint64_t value) {
                using Member = std::remove_reference_t<decltype(settings.*member)>;
                settings.*member = static_cast<Member>(value);
            }};
}

constexpr std::array fields{field<&DisplaySettings::refresh_limit>("RefreshLimit"),
                            field<&DisplaySettings::refresh_mode>("RefreshMode"),
                            field<&DisplaySettings::settle_delay>("SettleDelayUSec"),
                            field<&DisplaySettings::idle_timeout>("IdleTimeoutUSec"),
                            field<&DisplaySettings::tracking>("Tracking"),
                            field<&DisplaySettings::max_rects>("MaxRects"),
                            field<&DisplaySettings::when_hidden>("WhenHidden")};

consteval bool fields_are_those_of_the_table() {
    if (fields.size() != display_settings.size()) return false;
    for (std::size_t i = 0; i < fields.size(); ++i)
        if (fields[i].setting.name != display_settings[i].name ||
            fields[i].get(DisplaySettings{}) != display_settings[i].usual)
            return false;
    return true;
}
static_assert(
    fields_are_those_of_the_table(),
    "each of display_settings has a field here, in their order, and its default in DisplaySettings");

}  // namespace

std::span<const SettingField> setting_fields() {
    return fields;
}

void set(DisplaySettings& settings, const SettingField& field, std::string_view value) {
    const auto taken = value_in(field.setting, value);
    if (!taken)
        throw RequestError(RequestError::Kind::invalid_arguments, what_is_wrong(field.setting, value));
    field.put(settings, *taken);
}

bool set(DisplaySettings& settings, std::string_view name, std::string_view value) {
    const auto* field =
        std::ranges::find(fields, name, [](const SettingField& one) { return one.setting.name; });
    if (field == fields.end()) return false;
    set(settings, *field, value);
    return true;
}

bool set_by_key(DisplaySettings& settings, std::string_view key, std::string_view value) {
    const auto* field =
        std::ranges::find(fields, key, [](const SettingField& one) { return one.setting.key; });
    if (field == fields.end()) return false;
    const auto taken = value_of_key(field->setting, value);
    if (!taken)
        throw RequestError(RequestError::Kind::invalid_arguments,
                           what_is_wrong_with_key(field->setting, value));
    field->put(settings, *taken);
    return true;
}

std::string_view name_now(std::string_view name) {
    if (name == "SettleDelay") return "SettleDelayUSec";
    if (name == "IdleTimeout") return "IdleTimeoutUSec";
    return name;
}

std::string get(const DisplaySettings& settings, const SettingField& field) {
    return to_text(field.setting, field.get(settings));
}

std::vector<std::pair<std::string, std::string>> differences(const DisplaySettings& base,
                                                             const DisplaySettings& settings) {
    std::vector<std::pair<std::string, std::string>> found;
    for (const SettingField& field : fields)
        if (field.get(base) != field.get(settings))
            found.emplace_back(field.setting.name, get(settings, field));
    return found;
}

}  // namespace hvfbd
