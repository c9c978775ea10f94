// Any text as a configuration file: nothing may go wrong, and what it sets stays within the ranges.
#include <string_view>

#include "config/configuration.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    hvfbd::Configuration configuration;
    std::vector<hvfbd::ConfigurationWarning> warnings;
    hvfbd::parse({reinterpret_cast<const char*>(data), size}, "fuzz.conf", configuration, warnings);
    const hvfbd::DisplaySettings& settings = configuration.display;
    if (settings.refresh_limit > 1000 || settings.max_rects < 1 || settings.max_rects > 255) __builtin_trap();
    if (settings.settle_delay.count() > 1000000 || settings.idle_timeout.count() > 60000000) __builtin_trap();
    if (configuration.output.stride % 4 != 0 || configuration.output.stride > 131072) __builtin_trap();
    return 0;
}
