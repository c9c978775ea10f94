#include "pacing/tuning.h"

#include <array>
#include <charconv>
#include <limits>
#include <span>
#include <utility>

#include "base/error.h"

namespace hvfbd {

namespace {

struct Range {
    std::string_view name;
    std::uint64_t least, most;
};

constexpr Range refresh_limit_range{"RefreshLimit", 0, 1000};
constexpr Range settle_delay_range{"SettleDelay", 0, 1000000};
constexpr Range idle_timeout_range{"IdleTimeout", 0, 60000000};
constexpr Range max_rects_range{"MaxRects", 1, 255};

template <typename Value>
using Names = std::span<const std::pair<std::string_view, Value>>;

constexpr std::array refresh_modes{std::pair{std::string_view("on-demand"), Tuning::RefreshMode::on_demand},
                                   std::pair{std::string_view("periodic"), Tuning::RefreshMode::periodic}};
constexpr std::array trackings{std::pair{std::string_view("auto"), Tuning::Tracking::automatic},
                               std::pair{std::string_view("fault"), Tuning::Tracking::fault},
                               std::pair{std::string_view("scan"), Tuning::Tracking::scan},
                               std::pair{std::string_view("compare"), Tuning::Tracking::compare}};
constexpr std::array when_hidden_names{std::pair{std::string_view("pause"), Tuning::WhenHidden::pause},
                                       std::pair{std::string_view("ignore"), Tuning::WhenHidden::ignore}};

[[noreturn]] void refuse(std::string_view name, const std::string& must_be, std::string_view value) {
    throw Refusal(Refusal::Kind::invalid_arguments,
                  std::string(name) + " must be " + must_be + "; " + std::string(value) + " is not");
}

std::string words(const Range& range) {
    return std::to_string(range.least) + " to " + std::to_string(range.most);
}

std::uint64_t checked(const Range& range, std::uint64_t value) {
    if (value < range.least || value > range.most) refuse(range.name, words(range), std::to_string(value));
    return value;
}

std::uint64_t number(const Range& range, std::string_view text) {
    std::uint64_t value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size())
        refuse(range.name, words(range), text.empty() ? "nothing" : '"' + std::string(text) + '"');
    return value;
}

template <typename Value>
Value named(std::string_view name, Names<Value> names, std::string_view text) {
    std::string must_be;
    for (const auto& [known, value] : names) {
        if (known == text) return value;
        must_be += (must_be.empty() ? "" : ", ") + std::string(known);
    }
    refuse(name, "one of " + must_be, '"' + std::string(text) + '"');
}

template <typename Value>
std::string_view name_of(Names<Value> names, Value value) {
    for (const auto& [name, known] : names)
        if (known == value) return name;
    return {};
}

}  // namespace

void set_refresh_limit(Tuning& tuning, std::uint64_t presents_a_second) {
    tuning.refresh_limit = static_cast<std::uint32_t>(checked(refresh_limit_range, presents_a_second));
}
void set_refresh_mode(Tuning& tuning, std::string_view mode) {
    tuning.refresh_mode = named<Tuning::RefreshMode>("RefreshMode", refresh_modes, mode);
}
void set_settle_delay(Tuning& tuning, std::uint64_t microseconds) {
    tuning.settle_delay = std::chrono::microseconds(checked(settle_delay_range, microseconds));
}
void set_idle_timeout(Tuning& tuning, std::uint64_t microseconds) {
    tuning.idle_timeout = std::chrono::microseconds(checked(idle_timeout_range, microseconds));
}
void set_tracking(Tuning& tuning, std::string_view tracking) {
    tuning.tracking = named<Tuning::Tracking>("Tracking", trackings, tracking);
}
void set_max_rects(Tuning& tuning, std::uint64_t rectangles) {
    tuning.max_rects = static_cast<std::uint32_t>(checked(max_rects_range, rectangles));
}
void set_when_hidden(Tuning& tuning, std::string_view what) {
    tuning.when_hidden = named<Tuning::WhenHidden>("WhenHidden", when_hidden_names, what);
}

bool set(Tuning& tuning, std::string_view name, std::string_view value) {
    if (name == refresh_limit_range.name)
        set_refresh_limit(tuning, number(refresh_limit_range, value));
    else if (name == "RefreshMode")
        set_refresh_mode(tuning, value);
    else if (name == settle_delay_range.name)
        set_settle_delay(tuning, number(settle_delay_range, value));
    else if (name == idle_timeout_range.name)
        set_idle_timeout(tuning, number(idle_timeout_range, value));
    else if (name == "Tracking")
        set_tracking(tuning, value);
    else if (name == max_rects_range.name)
        set_max_rects(tuning, number(max_rects_range, value));
    else if (name == "WhenHidden")
        set_when_hidden(tuning, value);
    else
        return false;
    return true;
}

std::vector<std::pair<std::string, std::string>> differences(const Tuning& base, const Tuning& tuning) {
    std::vector<std::pair<std::string, std::string>> found;
    auto add = [&](std::string_view name, const auto& before, const auto& after, std::string value) {
        if (before != after) found.emplace_back(name, std::move(value));
    };
    add(refresh_limit_range.name, base.refresh_limit, tuning.refresh_limit,
        std::to_string(tuning.refresh_limit));
    add("RefreshMode", base.refresh_mode, tuning.refresh_mode, std::string(to_string(tuning.refresh_mode)));
    add(settle_delay_range.name, base.settle_delay, tuning.settle_delay,
        std::to_string(tuning.settle_delay.count()));
    add(idle_timeout_range.name, base.idle_timeout, tuning.idle_timeout,
        std::to_string(tuning.idle_timeout.count()));
    add("Tracking", base.tracking, tuning.tracking, std::string(to_string(tuning.tracking)));
    add(max_rects_range.name, base.max_rects, tuning.max_rects, std::to_string(tuning.max_rects));
    add("WhenHidden", base.when_hidden, tuning.when_hidden, std::string(to_string(tuning.when_hidden)));
    return found;
}

std::string_view to_string(Tuning::RefreshMode mode) {
    return name_of<Tuning::RefreshMode>(refresh_modes, mode);
}
std::string_view to_string(Tuning::Tracking tracking) {
    return name_of<Tuning::Tracking>(trackings, tracking);
}
std::string_view to_string(Tuning::WhenHidden what) {
    return name_of<Tuning::WhenHidden>(when_hidden_names, what);
}

}  // namespace hvfbd
