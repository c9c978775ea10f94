#include "common/settings_table.h"

#include "common/numbers.h"
#include "common/time_span.h"

namespace hvfbd {

namespace {

constexpr std::uint64_t unit_on_bus = 1, unit_of_keys = 1'000'000;

// A time without a unit is so many `unit` microseconds.
std::optional<std::uint64_t> number_in(const Setting& setting, std::string_view text, std::uint64_t unit) {
    return setting.unit == Setting::Unit::microseconds ? time_span_in(text, unit) : whole_number(text);
}

std::optional<std::uint64_t> value_in(const Setting& setting, std::string_view text, std::uint64_t unit) {
    if (setting.type == Setting::Type::word) {
        for (std::uint64_t place = 0; place < setting.words.size(); ++place)
            if (setting.words[place].word == text) return place;
        return std::nullopt;
    }
    const auto value = number_in(setting, text, unit);
    if (!value || *value < setting.least || *value > setting.most) return std::nullopt;
    return value;
}

std::string what_is_wrong(const Setting& setting, std::string_view text, std::string_view name,
                          std::uint64_t unit) {
    if (value_in(setting, text, unit)) return {};
    const auto number = setting.type == Setting::Type::word ? std::nullopt : number_in(setting, text, unit);
    std::string value = '"' + std::string(text) + '"';
    if (number)
        value = shown(setting, *number);
    else if (text.empty() && setting.type != Setting::Type::word)
        value = "nothing";
    return std::string(name) + " must be " + range_of(setting) + "; " + value + " is not";
}

}  // namespace

const Setting* setting_named(std::string_view name) {
    for (const Setting& setting : display_settings)
        if (setting.name == name) return &setting;
    return log_level_setting.name == name ? &log_level_setting : nullptr;
}

const Setting* setting_with_key(std::string_view key) {
    for (const Setting& setting : display_settings)
        if (setting.key == key) return &setting;
    return nullptr;
}

std::string to_text(const Setting& setting, std::uint64_t value) {
    if (setting.type != Setting::Type::word) return std::to_string(value);
    return value < setting.words.size() ? std::string(setting.words[value].word) : std::string();
}

std::string shown(const Setting& setting, std::uint64_t value) {
    return setting.unit == Setting::Unit::microseconds ? time_span_text(value) : to_text(setting, value);
}

std::optional<std::uint64_t> value_in(const Setting& setting, std::string_view text) {
    return value_in(setting, text, unit_on_bus);
}

std::vector<std::string> words_of(const Setting& setting) {
    std::vector<std::string> words;
    for (const auto& [word, help] : setting.words) words.emplace_back(word);
    return words;
}

std::string range_of(const Setting& setting) {
    if (setting.type != Setting::Type::word)
        return shown(setting, setting.least) + " to " + shown(setting, setting.most);
    std::string list;
    for (const auto& [word, help] : setting.words) list += (list.empty() ? "" : ", ") + std::string(word);
    return "one of " + list;
}

std::string what_is_wrong(const Setting& setting, std::string_view text, std::string_view name) {
    return what_is_wrong(setting, text, name, unit_on_bus);
}

std::optional<std::uint64_t> value_of_key(const Setting& setting, std::string_view text) {
    return value_in(setting, text, unit_of_keys);
}

std::string what_is_wrong_with_key(const Setting& setting, std::string_view text) {
    return what_is_wrong(setting, text, setting.key, unit_of_keys);
}

}  // namespace hvfbd
