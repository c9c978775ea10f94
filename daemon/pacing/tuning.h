#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"

namespace hvfbd {

// What an administrator may change while it runs. The names are the bus properties' and the configuration's.
struct Tuning {
    enum class RefreshMode { on_demand, periodic };
    enum class Tracking { automatic, fault, scan, compare };
    enum class WhenHidden { pause, ignore };

    std::uint32_t refresh_limit = 20;  // presents a second, 0 to 1000; 0: no limit
    RefreshMode refresh_mode = RefreshMode::on_demand;
    std::chrono::microseconds settle_delay{1000};    // 0 to 1 s
    std::chrono::microseconds idle_timeout{250000};  // 0 to 60 s
    Tracking tracking = Tracking::automatic;
    std::uint32_t max_rects = 16;  // 1 to 255
    WhenHidden when_hidden = WhenHidden::pause;

    bool operator==(const Tuning&) const = default;

    // Shortest time between two presents; 0: unthrottled.
    Duration interval() const {
        return refresh_limit == 0 ? Duration::zero() : Duration(std::chrono::seconds(1)) / refresh_limit;
    }
};

// Checked changes. A value out of its range throws Refusal (invalid_arguments) that names the range, and
// nothing is changed.
void set_refresh_limit(Tuning& tuning, std::uint64_t presents_a_second);
void set_refresh_mode(Tuning& tuning, std::string_view mode);
void set_settle_delay(Tuning& tuning, std::uint64_t microseconds);
void set_idle_timeout(Tuning& tuning, std::uint64_t microseconds);
void set_tracking(Tuning& tuning, std::string_view tracking);
void set_max_rects(Tuning& tuning, std::uint64_t rectangles);
void set_when_hidden(Tuning& tuning, std::string_view what);

// By the property's name, from text. False if there is no property of that name.
bool set(Tuning& tuning, std::string_view name, std::string_view value);

// What differs from `base`, as name and value that set() takes.
std::vector<std::pair<std::string, std::string>> differences(const Tuning& base, const Tuning& tuning);

std::string_view to_string(Tuning::RefreshMode mode);
std::string_view to_string(Tuning::Tracking tracking);
std::string_view to_string(Tuning::WhenHidden what);

}  // namespace hvfbd
