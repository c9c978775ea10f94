#include "run/preload/settings.h"

#include <stdlib.h>
#include <string.h>

#include "run/keyboards/message.h"
#include "run/preload/explain.h"
#include "run/preload/own_terminal.h"

namespace fbdev::preload {
namespace {

const char* environment_text(const char* name) {
    const char* const value = getenv(name);
    return value && *value ? value : nullptr;
}

std::uint32_t leading_number(const char*& at) {
    std::uint32_t value = 0;
    while (*at >= '0' && *at <= '9' && value < 100000)
        value = value * 10 + static_cast<std::uint32_t>(*at++ - '0');
    return value;
}

}  // namespace

constinit Terminals terminals = Terminals::kernels;
constinit const char* keyboards = nullptr;

void read_early_settings() {
    if (const char* const wanted = environment_text("HVFB_RUN_VT"))
        terminals = strcmp(wanted, "fake") == 0 ? Terminals::fake : Terminals::where_missing;
    if (terminals == Terminals::fake) set_own_terminal(environment_text("HVFB_RUN_TERMINAL"));
    // The program may change its environment.
    static constinit char socket_name[64] = "";
    if (const char* const name = environment_text(run::keyboard_socket_variable)) {
        strncpy(socket_name, name, sizeof socket_name - 1);
        keyboards = socket_name;
    }
    explaining = environment_text("HVFB_RUN_EXPLAIN") != nullptr;
}

Settings read_settings() {
    Settings settings;
    settings.name = environment_text("HVFB_RUN_NAME");
    settings.keep = environment_text("HVFB_RUN_KEEP") != nullptr;
    // WxH, WxH@SCALE or WxH@fit: hvfb-run has checked it.
    if (const char* at = environment_text("HVFB_RUN_GEOMETRY")) {
        settings.width = leading_number(at);
        if (*at) ++at;
        settings.height = leading_number(at);
        if (*at == '@') settings.scale = at[1] == 'f' ? 0 : leading_number(++at);
    }
    const char* const depth = environment_text("HVFB_RUN_DEPTH");
    if (depth && strcmp(depth, "16") == 0) settings.bits = 16;
    return settings;
}

}  // namespace fbdev::preload
