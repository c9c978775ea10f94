#pragma once

#include <string>

#include "style.h"
#include "where.h"

namespace hvfbctl {

struct StatusOptions {
    bool json = false;
    bool verbose = false;  // with the counters
    std::string root;      // where the daemon's configuration is; empty: "/", where it is on the system bus
};

struct TopOptions {
    bool json = false;
    double interval = 1;  // seconds
    unsigned count = 0;   // how many times; 0: until a signal comes
};

struct RecordOptions {
    std::string file;    // "-": YUV4MPEG2 on the standard output
    unsigned rate = 0;   // pictures a second, at most; 0: as the display is limited
    double seconds = 0;  // 0: until a signal
    bool lossless = false;
};

struct ConsoleOptions {
    std::string action, where;  // "scroll": "up", "down", "top", "end", empty: by keys; "forget"
    unsigned lines = 0;         // 0: half a screen
    std::string control = "/run/hvfb-console/control";  // its socket
};

// A command each. They write to the standard output, and throw UsageError, sdbus::Error or std::runtime_error
// when they fail. JSON has the names of the bus, and is for programs.
void show_status(const Where& where, const StatusOptions& options, const Style& style);
void show_top(const Where& where, const TopOptions& options, const Style& style);
// Of all displays and surfaces, as OpenMetrics text.
void print_metrics(const Where& where);
// All of them if `property` is empty.
void get_property(const Where& where, const std::string& property, bool json);
void set_property(const Where& where, const std::string& property, const std::string& value);
void list_displays(const Where& where, bool json);
void list_surfaces(const Where& where, bool json, const Style& style);
// `which` is a number, a name or an object path.
void activate_surface(const Where& where, const std::string& which);
void close_surface(const Where& where, const std::string& which);
// "-" is the standard output.
void take_screenshot(const Where& where, const std::string& file);
// Until the time is over, a signal comes or the daemon goes.
void record_display(const Where& where, const RecordOptions& options);
void watch_damage(const Where& where, unsigned count, bool json);  // 0: for ever
// Runs the viewer in a window in place of this program.
void view_display(const Where& where, bool actual_size);
// Scrolls what hvfb-console shows, or makes it forget what has scrolled off.
void scroll_console(const ConsoleOptions& options);
void refresh_display(const Where& where);
void set_mode(const Where& where, const std::string& mode);  // "1920x1080"
void list_modes(const Where& where, bool json);
void reload_configuration(const Where& where);
// `root`: as examine_machine has it. Returns whether drawing can work.
bool examine(const Where& where, const std::string& root, bool json, const Style& style);

}  // namespace hvfbctl
