#include "display/tuning.h"

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
consteval TuningField field(std::string_view name) {
    return {setting_of(name), [](const Tuning& tuning) { return number_of(tuning.*member); },
            [](Tuning& tuning, std::uint64_t value) {
                using Member = std::remove_reference_t<decltype(tuning.*member)>;
                tuning.*member = static_cast<Member>(value);
            }};
}

constexpr std::array fields{
    field<&Tuning::refresh_limit>("RefreshLimit"), field<&Tuning::refresh_mode>("RefreshMode"),
    field<&Tuning::settle_delay>("SettleDelay"),   field<&Tuning::idle_timeout>("IdleTimeout"),
    field<&Tuning::tracking>("Tracking"),          field<&Tuning::max_rects>("MaxRects"),
    field<&Tuning::when_hidden>("WhenHidden")};

constexpr bool fields_are_those_of_the_table() {
    return std::ranges::equal(fields, display_settings, [](const TuningField& one, const Setting& setting) {
        return one.setting.name == setting.name && one.get(Tuning{}) == setting.usual;
    });
}
static_assert(fields_are_those_of_the_table(),
              "each of display_settings has a field here, in their order, and its default in Tuning");

}  // namespace

std::span<const TuningField> tuning_fields() {
    return fields;
}

void set(Tuning& tuning, const TuningField& field, std::string_view value) {
    const auto taken = value_in(field.setting, value);
    if (!taken)
        throw RequestError(RequestError::Kind::invalid_arguments, what_is_wrong(field.setting, value));
    field.put(tuning, *taken);
}

bool set(Tuning& tuning, std::string_view name, std::string_view value) {
    const auto* field =
        std::ranges::find(fields, name, [](const TuningField& one) { return one.setting.name; });
    if (field == fields.end()) return false;
    set(tuning, *field, value);
    return true;
}

std::string get(const Tuning& tuning, const TuningField& field) {
    return to_text(field.setting, field.get(tuning));
}

std::vector<std::pair<std::string, std::string>> differences(const Tuning& base, const Tuning& tuning) {
    std::vector<std::pair<std::string, std::string>> found;
    for (const TuningField& field : fields)
        if (field.get(base) != field.get(tuning)) found.emplace_back(field.setting.name, get(tuning, field));
    return found;
}

}  // namespace hvfbd
