#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hvfbd {

// Spans of time as systemd.time(7) writes them, in whole microseconds.

// "1ms", "1.500ms", "1min 2s".
std::string time_span_text(std::uint64_t microseconds);

// Numbers, each with us, ms, s, min, h or d behind it, of which the sum counts: "250ms", "1min 30s", "1.5 s".
// A number alone is so many `unit` microseconds. Nothing: it is none, or does not fit.
std::optional<std::uint64_t> time_span_in(std::string_view text, std::uint64_t unit = 1);

}  // namespace hvfbd
