#include "control/log_report.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "control/log.h"

namespace hvfbd {

bool LogReport::within_allowance() {
    Time now = clock_now();
    allowance_ = std::min(20.0, allowance_ + std::chrono::duration<double>(now - allowance_at_).count());
    allowance_at_ = now;
    if (allowance_ < 1) {
        ++suppressed_;
        return false;
    }
    allowance_ -= 1;
    if (suppressed_ > 0)
        spdlog::info("{} lines about surfaces and viewers were left out", std::exchange(suppressed_, 0));
    return true;
}

void LogReport::surface_opened(SurfaceNumber number, std::string_view name, const Client& client) {
    if (within_allowance())
        spdlog::info("surface{} \"{}\" opened by {} (pid {}, uid {})", number, name, client.bus_name,
                     client.pid, client.uid);
}

void LogReport::surface_closed(SurfaceNumber number, std::string_view name, std::string_view why) {
    if (within_allowance()) spdlog::info("surface{} \"{}\" closed: {}", number, name, why);
}

void LogReport::surface_client_changed(SurfaceNumber number, std::string_view name, std::string_view what) {
    if (within_allowance()) spdlog::info("surface{} \"{}\": {}", number, name, what);
}

void LogReport::viewer_opened(unsigned number, const Client& client) {
    if (within_allowance())
        spdlog::info("viewer{} opened by {} (pid {}, uid {})", number, client.bus_name, client.pid,
                     client.uid);
}

void LogReport::viewer_closed(unsigned number, std::string_view why) {
    if (within_allowance()) spdlog::info("viewer{} closed: {}", number, why);
}

void LogReport::protocol_violated(std::string_view who, std::string_view what) {
    if (within_allowance())
        log_event(events::peer_hung_up, fmt::format("{} is hung up: {}", who, what),
                  {{"HVFBD_DISPLAY", "display0"},
                   {"HVFBD_PEER", std::string(who)},
                   {"HVFBD_REASON", std::string(what)}});
}

void LogReport::output_said(bool warning, std::string_view sentence) {
    log_event(warning ? events::output_trouble : events::output_news, sentence,
              {{"HVFBD_DISPLAY", "display0"}});
}

void LogReport::visibility_changed(bool visible) {
    if (within_allowance())
        log_event(visible ? events::shown : events::hidden,
                  fmt::format("display0 is {}", visible ? "shown" : "hidden: nobody looks"),
                  {{"HVFBD_DISPLAY", "display0"}});
}

void LogReport::not_restored(std::string_view who, std::string_view why) {
    if (within_allowance()) spdlog::warn("{} of the process before is lost: {}", who, why);
}

void LogReport::layout_changed(const Layout& layout) {
    log_event(events::layout_changed,
              fmt::format("display0 is {}x{} now, stride {}", layout.width, layout.height, layout.stride),
              {{"HVFBD_DISPLAY", "display0"},
               {"HVFBD_WIDTH", std::to_string(layout.width)},
               {"HVFBD_HEIGHT", std::to_string(layout.height)},
               {"HVFBD_STRIDE", std::to_string(layout.stride)}});
}

}  // namespace hvfbd
