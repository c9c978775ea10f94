#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hvfbd {

// What an administrator may set while the daemon runs: a property on the bus and a key of the configuration.
// A value is a number here; that of a setting of words is the place of the word in `words`.
struct Setting {
    enum class Type : char { number = 'u', long_number = 't', word = 's' };  // as D-Bus writes them
    enum class Unit { none, hertz, microseconds };
    struct Word {
        std::string_view word, help;
    };

    std::string_view name;  // on the bus
    std::string_view key;   // in the configuration
    Type type;
    Unit unit;
    std::uint64_t least, most;    // both are taken
    std::span<const Word> words;  // empty for numbers
    std::uint64_t usual;          // the default
    std::string_view help;        // plain text, without the range and the default; ends with a full stop
};

constexpr Setting number_setting(std::string_view name, Setting::Unit unit, std::uint64_t least,
                                 std::uint64_t most, std::uint64_t usual, std::string_view help) {
    return {name, name, Setting::Type::number, unit, least, most, {}, usual, help};
}
constexpr Setting time_setting(std::string_view name, std::string_view key, std::uint64_t most,
                               std::uint64_t usual, std::string_view help) {
    return {name, key, Setting::Type::long_number, Setting::Unit::microseconds, 0, most, {}, usual, help};
}
constexpr Setting word_setting(std::string_view name, std::string_view key,
                               std::span<const Setting::Word> words, std::uint64_t usual,
                               std::string_view help) {
    return {name, key, Setting::Type::word, Setting::Unit::none, 0, words.size() - 1, words, usual, help};
}

inline constexpr std::array refresh_modes{
    Setting::Word{"on-demand", "present what changed"},
    Setting::Word{"periodic", "present everything at the limit, for hosts that need it"}};
inline constexpr std::array trackings{Setting::Word{"auto", "what the machine does best"},
                                      Setting::Word{"fault", ""}, Setting::Word{"scan", ""},
                                      Setting::Word{"compare", ""}};
inline constexpr std::array reactions_to_hiding{
    Setting::Word{"pause", "nothing is tracked, copied or presented while nobody looks"},
    Setting::Word{"ignore",
                  "as if somebody did; damage goes to a Hyper-V host all the same, even where it says "
                  "that nobody looks; a monitor that is off or a card that somebody else has cannot be"}};
inline constexpr std::array log_levels{Setting::Word{"trace", ""}, Setting::Word{"debug", ""},
                                       Setting::Word{"info", ""},  Setting::Word{"warning", ""},
                                       Setting::Word{"error", ""}, Setting::Word{"critical", ""}};

// Of each display: properties of org.hvfbd.Framebuffer1.Display, and keys of [Display]. To add one takes an
// entry here and what it does: its place in DisplaySettings (daemon/display/display_settings.h), which does
// not compile without, and the member in dbus/, which is the contract. Everything else follows from here.
inline constexpr std::array display_settings{
    number_setting("RefreshLimit", Setting::Unit::hertz, 0, 1000, 20,
                   "Presents a second at most; 0: no limit."),
    word_setting("RefreshMode", "RefreshMode", refresh_modes, 0, "What is presented."),
    time_setting("SettleDelayUSec", "SettleDelaySec", 1000000, 1000,
                 "Time from the first store after rest to its present, so that a burst becomes one frame."),
    time_setting("IdleTimeoutUSec", "IdleTimeoutSec", 60000000, 250000,
                 "Time without a store after which tracking rests."),
    word_setting("Tracking", "Tracking", trackings, 0,
                 "How stores are noticed; all but auto are for diagnosis."),
    number_setting("MaxRects", Setting::Unit::none, 1, 255, 16,
                   "Rectangles submitted to the host a frame at most. A Hyper-V host gets four messages a "
                   "frame at most, and so 4 x RectanglesPerMessage rectangles."),
    word_setting("WhenHidden", "WhenHidden", reactions_to_hiding, 0, "What happens while nobody looks.")};

// Of the daemon: a property of org.hvfbd.Framebuffer1.Manager, and the key Level of [Log].
inline constexpr Setting log_level_setting =
    word_setting("LogLevel", "Level", log_levels, 2, "What is logged: this and worse.");

// One of the above by its name. Null: there is none.
const Setting* setting_named(std::string_view name);
// One of a display by its key. Null: there is none.
const Setting* setting_with_key(std::string_view key);

// As a number, or a word.
std::string to_text(const Setting& setting, std::uint64_t value);
// As people read it: spans of time as "250ms".
std::string shown(const Setting& setting, std::uint64_t value);
// Spans of time are taken as "250ms" too; a number alone is microseconds. Nothing: it is none, or out of the
// range.
std::optional<std::uint64_t> value_in(const Setting& setting, std::string_view text);

// Empty for a setting of numbers.
std::vector<std::string> words_of(const Setting& setting);
// "0 to 1000", "0 to 1min", "one of pause, ignore".
std::string range_of(const Setting& setting);
// What is said of a value that is refused: "RefreshLimit must be 0 to 1000; 1001 is not". `name`: what the
// setting is called where it was set. Empty: nothing is wrong.
std::string what_is_wrong(const Setting& setting, std::string_view text, std::string_view name);
inline std::string what_is_wrong(const Setting& setting, std::string_view text) {
    return what_is_wrong(setting, text, setting.name);
}
// The same for what is written after the key, where a number alone is seconds, as systemd has it.
std::optional<std::uint64_t> value_of_key(const Setting& setting, std::string_view text);
std::string what_is_wrong_with_key(const Setting& setting, std::string_view text);

}  // namespace hvfbd
