#include <cstdlib>
#include <exception>

#include "control/daemon_options.h"
#include "control/log.h"
#include "daemon_configuration.h"
#include "daemon_service.h"

int main(int argc, char** argv) {
    using namespace hvfbd;
    int exit_code = EXIT_SUCCESS;
    try {
        auto options = DaemonOptions::parse(argc, argv, exit_code);
        if (!options) return exit_code;
        open_log();
        bool warned = false;
        Configuration configuration = read_configuration(*options, warned);
        if (options->check_configuration)
            return would_start(configuration) && !warned ? EXIT_SUCCESS : EXIT_FAILURE;
        set_log_level(configuration.log_level);
        serve(*options, configuration);
    } catch (const std::exception& exception) {
        log_event(events::failed, exception.what(), {});
        exit_code = EXIT_FAILURE;
    }
    return exit_code;
}
