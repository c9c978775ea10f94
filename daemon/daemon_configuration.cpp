#include "daemon_configuration.h"

#include <spdlog/spdlog.h>

#include "base/error.h"
#include "base/text.h"
#include "config/service_user.h"
#include "output_choice.h"
#include "system/log.h"

namespace hvfbd {

namespace {

void log_warning(const ConfigurationWarning& warning, const std::string& text) {
    const LogField file{"CONFIG_FILE", warning.file};
    if (warning.line > 0)
        log_event(events::configuration_warning, text, {file, {"CONFIG_LINE", std::to_string(warning.line)}});
    else
        log_event(events::configuration_warning, text, {file});
}

}  // namespace

Configuration read_configuration(const DaemonOptions& options, std::vector<std::string>& warnings) {
    constexpr std::size_t most_on_bus = 20;
    std::vector<ConfigurationWarning> found;
    Configuration configuration = load(options.configuration_folders(), found);
    for (const ConfigurationWarning& warning : found) {
        const std::string text = text_of(warning);
        log_warning(warning, text);
        if (warnings.size() < most_on_bus) warnings.push_back(text);
    }
    if (found.size() > most_on_bus)
        warnings.push_back(std::to_string(found.size() - most_on_bus) +
                           " more; they are in the journal: sudo journalctl -u hvfbd");
    if (options.output) configuration.output.type = *options.output;
    if (options.mode) configuration.output.mode = options.mode;
    if (options.log_level) configuration.log_level = *options.log_level;
    return configuration;
}

bool check_configuration(const DaemonOptions& options) {
    // Root can read what the daemon cannot.
    const RightsOfService rights;
    std::vector<std::string> warnings;
    const std::string why = why_no_start(read_configuration(options, warnings));
    if (!why.empty()) spdlog::error("{}", why);
    return warnings.empty() && why.empty();
}

std::string why_no_start(const Configuration& configuration) {
    try {
        check_outputs(configuration);
    } catch (const RequestError& refused) {
        return fmt::format("hvfbd does not start with this{}: {}",
                           configuration.output.type == "auto" ? " where Hyper-V has a screen" : "",
                           escaped(refused.what()));
    }
    return {};
}

}  // namespace hvfbd
