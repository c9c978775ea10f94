#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vnc/look_state.h"

namespace vnc {

// What the page of a browser is told beside the picture.
struct WebReport {
    std::string trouble;  // why there is no new picture, in a sentence; or empty
    std::string note;     // why the picture is what it is, where nobody draws; or empty
    std::vector<std::string> viewers;
    std::uint64_t frames = 0, rectangles = 0, pixels = 0;  // of the display, since the server began
    std::optional<Time> last_frame;
    std::uint32_t width = 0, height = 0;
};

// As JSON.
std::string report_text(const WebReport& report, Time now);

}  // namespace vnc
