#include "system/log_observer.h"

#include <spdlog/spdlog.h>

#include "system/log.h"

namespace hvfbd {

void LogObserver::surface_opened(SurfaceNumber number, std::string_view name, const Client& client) {
    if (within_allowance())
        spdlog::info("{}surface{} \"{}\" opened by {} (pid {}, uid {})", prefix_, number, name,
                     client.bus_name, client.pid, client.uid);
}

void LogObserver::surface_closed(SurfaceNumber number, std::string_view name, std::string_view why) {
    if (within_allowance()) spdlog::info("{}surface{} \"{}\" closed: {}", prefix_, number, name, why);
}

void LogObserver::surface_client_changed(SurfaceNumber number, std::string_view name, std::string_view what) {
    if (within_allowance()) spdlog::info("{}surface{} \"{}\": {}", prefix_, number, name, what);
}

void LogObserver::userfaultfd_given(SurfaceNumber number, std::string_view name, const Client& client) {
    if (within_allowance())
        log_event(events::userfaultfd_given,
                  fmt::format("{}surface{} \"{}\": its client (pid {}, uid {}) was given /dev/userfaultfd",
                              prefix_, number, name, client.pid, client.uid),
                  {{"HVFBD_DISPLAY", display_},
                   {"HVFBD_CLIENT_PID", std::to_string(client.pid)},
                   {"HVFBD_CLIENT_UID", std::to_string(client.uid)}});
}

void LogObserver::userfaultfd_not_to_be_had(std::string_view problem) {
    if (within_allowance()) spdlog::warn("{}", problem);
}

void LogObserver::viewer_opened(unsigned number, const Client& client) {
    if (within_allowance())
        spdlog::info("{}viewer{} opened by {} (pid {}, uid {})", prefix_, number, client.bus_name, client.pid,
                     client.uid);
}

void LogObserver::viewer_closed(unsigned number, std::string_view why) {
    if (within_allowance()) spdlog::info("{}viewer{} closed: {}", prefix_, number, why);
}

void LogObserver::protocol_violated(std::string_view who, std::string_view what) {
    if (within_allowance())
        log_event(events::peer_hung_up, fmt::format("{}{} is hung up: {}", prefix_, who, what),
                  {{"HVFBD_DISPLAY", display_},
                   {"HVFBD_PEER", std::string(who)},
                   {"HVFBD_REASON", std::string(what)}});
}

void LogObserver::output_said(bool warning, std::string_view sentence) {
    log_event(warning ? events::output_trouble : events::output_news, prefix_ + std::string(sentence),
              {{"HVFBD_DISPLAY", display_}});
}

void LogObserver::visibility_changed(bool visible) {
    if (within_allowance())
        log_event(visible ? events::shown : events::hidden,
                  fmt::format("{} is {}", display_, visible ? "shown" : "hidden: nobody looks"),
                  {{"HVFBD_DISPLAY", display_}});
}

void LogObserver::not_restored(std::string_view who, std::string_view why) {
    if (within_allowance()) spdlog::warn("{}{} of the process before is lost: {}", prefix_, who, why);
}

void LogObserver::layout_changed(const Layout& layout) {
    log_event(events::layout_changed,
              fmt::format("{} is {}x{} now, stride {}", display_, layout.width, layout.height, layout.stride),
              {{"HVFBD_DISPLAY", display_},
               {"HVFBD_WIDTH", std::to_string(layout.width)},
               {"HVFBD_HEIGHT", std::to_string(layout.height)},
               {"HVFBD_STRIDE", std::to_string(layout.stride)}});
}

}  // namespace hvfbd
