#include "daemon_configuration.h"

#include <spdlog/spdlog.h>

#include <string>
#include <vector>

#include "base/error.h"
#include "output_choice.h"
#include "system/log.h"

namespace hvfbd {

Configuration read_configuration(const DaemonOptions& options, bool& warned) {
    std::vector<ConfigurationWarning> warnings;
    auto folders = options.configuration_folders();
    Configuration configuration = load(folders, warnings);
    for (const auto& [file, line, sentence] : warnings)
        log_event(events::configuration_warning, fmt::format("{}:{}: {}", file, line, sentence),
                  {{"CONFIG_FILE", file}, {"CONFIG_LINE", std::to_string(line)}});
    warned = !warnings.empty();
    if (options.output) configuration.output.type = *options.output;
    if (options.mode) configuration.output.mode = options.mode;
    if (options.log_level) configuration.log_level = *options.log_level;
    return configuration;
}

bool would_start(const Configuration& configuration) {
    try {
        check_outputs(configuration);
        return true;
    } catch (const RequestError& refused) {
        spdlog::error("hvfbd does not start with this{}: {}",
                      configuration.output.type == "auto" ? " where Hyper-V has a screen" : "",
                      refused.what());
        return false;
    }
}

}  // namespace hvfbd
