#pragma once

#include <string>

#include "where.h"

namespace hvfbctl {

// A command each. They write to the standard output, and throw UsageError, sdbus::Error or std::runtime_error
// when they fail.
void show_status(const Where& where, bool json);
// Every `interval` seconds, `count` times; 0: until a signal comes.
void show_top(const Where& where, double interval, unsigned count);
// All of them if `property` is empty.
void get_property(const Where& where, const std::string& property, bool json);
void set_property(const Where& where, const std::string& property, const std::string& value);
void list_displays(const Where& where, bool json);
void list_surfaces(const Where& where, bool json);
// `which` is a number, a name or an object path.
void activate_surface(const Where& where, const std::string& which);
void close_surface(const Where& where, const std::string& which);
// "-" is the standard output.
void take_screenshot(const Where& where, const std::string& file);
void watch_damage(const Where& where, unsigned count);  // 0: for ever
void refresh_display(const Where& where);
void set_mode(const Where& where, const std::string& mode);  // "1920x1080"
void reload_configuration(const Where& where);
// `root`: as examine_machine has it. Returns whether drawing can work.
bool examine(const Where& where, const std::string& root, bool json);

}  // namespace hvfbctl
