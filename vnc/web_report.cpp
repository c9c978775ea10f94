#include "vnc/web_report.h"

#include <chrono>
#include <nlohmann/json.hpp>

namespace vnc {

std::string report_text(const WebReport& report, Time now) {
    using Milliseconds = std::chrono::duration<double, std::milli>;
    nlohmann::json text = {{"trouble", report.trouble},       {"note", report.note},
                           {"viewers", report.viewers},       {"frames", report.frames},
                           {"rectangles", report.rectangles}, {"pixels", report.pixels},
                           {"width", report.width},           {"height", report.height},
                           {"last_frame_ms_ago", nullptr}};
    if (report.last_frame) text["last_frame_ms_ago"] = Milliseconds(now - *report.last_frame).count();
    // Names of users are what they are: no text of theirs ends the process.
    return text.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace vnc
