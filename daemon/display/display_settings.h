#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "common/settings_table.h"

namespace hvfbd {

// What an administrator may change while it runs: display_settings says their names, ranges and words. The
// enumerations are in the order of the words.
struct DisplaySettings {
    enum class RefreshMode { on_demand, periodic };
    enum class Tracking { automatic, fault, scan, compare };
    enum class WhenHidden { pause, ignore };

    std::uint32_t refresh_limit = 20;  // presents a second; 0: no limit
    RefreshMode refresh_mode = RefreshMode::on_demand;
    std::chrono::microseconds settle_delay{1000};
    std::chrono::microseconds idle_timeout{250000};
    Tracking tracking = Tracking::automatic;
    std::uint32_t max_rects = 16;
    WhenHidden when_hidden = WhenHidden::pause;

    bool operator==(const DisplaySettings&) const = default;

    // Shortest time between two presents; 0: unthrottled.
    Duration interval() const {
        return refresh_limit == 0 ? Duration::zero() : Duration(std::chrono::seconds(1)) / refresh_limit;
    }
};

// Where a setting of the table stands in a DisplaySettings. The value is a number, or the place of the word.
struct SettingField {
    const Setting& setting;
    std::uint64_t (*get)(const DisplaySettings&);
    void (*put)(DisplaySettings&, std::uint64_t);  // unchecked
};

// One for each of display_settings, in their order.
std::span<const SettingField> setting_fields();

// Checked changes. A value out of its range throws RequestError (invalid_arguments) that names the range, and
// nothing is changed.
void set(DisplaySettings& settings, const SettingField& field, std::string_view value);
// By the setting's name. False if there is none of that name.
bool set(DisplaySettings& settings, std::string_view name, std::string_view value);

// The same by its key in the configuration, where a time is a time span.
bool set_by_key(DisplaySettings& settings, std::string_view key, std::string_view value);
// What a setting is called that a version before saved by this name.
std::string_view name_now(std::string_view name);

// The value in words that set() takes.
std::string get(const DisplaySettings& settings, const SettingField& field);

// What differs from `base`, as name and value that set() takes.
std::vector<std::pair<std::string, std::string>> differences(const DisplaySettings& base,
                                                             const DisplaySettings& settings);

}  // namespace hvfbd
