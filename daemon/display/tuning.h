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
struct Tuning {
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

    bool operator==(const Tuning&) const = default;

    // Shortest time between two presents; 0: unthrottled.
    Duration interval() const {
        return refresh_limit == 0 ? Duration::zero() : Duration(std::chrono::seconds(1)) / refresh_limit;
    }
};

// Where a setting of the table stands in a Tuning. The value is a number, or the place of the word.
struct TuningField {
    const Setting& setting;
    std::uint64_t (*get)(const Tuning&);
    void (*put)(Tuning&, std::uint64_t);  // unchecked
};

// One for each of display_settings, in their order.
std::span<const TuningField> tuning_fields();

// Checked changes. A value out of its range throws RequestError (invalid_arguments) that names the range, and
// nothing is changed.
void set(Tuning& tuning, const TuningField& field, std::string_view value);
// By the setting's name. False if there is none of that name.
bool set(Tuning& tuning, std::string_view name, std::string_view value);

// The value in words that set() takes.
std::string get(const Tuning& tuning, const TuningField& field);

// What differs from `base`, as name and value that set() takes.
std::vector<std::pair<std::string, std::string>> differences(const Tuning& base, const Tuning& tuning);

}  // namespace hvfbd
