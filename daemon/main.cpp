#include <sys/resource.h>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "common/standard_descriptors.h"
#include "config/daemon_options.h"
#include "daemon_configuration.h"
#include "daemon_service.h"
#include "system/log.h"
#include "system/service.h"

namespace {

// What a limit of this process would end it with is an error of the call instead, which says whose limit it
// was.
void outlive_limits() {
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit descriptors = {};
    if (getrlimit(RLIMIT_NOFILE, &descriptors) < 0) return;
    // The soft one is for programs that use select(2).
    descriptors.rlim_cur = descriptors.rlim_max;
    setrlimit(RLIMIT_NOFILE, &descriptors);
}

}  // namespace

int main(int argc, char** argv) {
    using namespace hvfbd;
    Service::hold_signals();
    hold_standard_descriptors();
    outlive_limits();
    int exit_code = EXIT_SUCCESS;
    try {
        auto options = DaemonOptions::parse(argc, argv, exit_code);
        if (!options) return exit_code;
        // Whoever only asks what is wrong with it can interrupt that.
        if (options->check_configuration) Service::release_signals();
        open_log(options->check_configuration ? LineOutput::Waiting::unlimited : LineOutput::Waiting::none);
        if (options->check_configuration) return check_configuration(*options) ? EXIT_SUCCESS : EXIT_FAILURE;
        std::vector<std::string> warnings;
        Configuration configuration = read_configuration(*options, warnings);
        set_log_level(configuration.log_level);
        serve(*options, configuration, std::move(warnings));
    } catch (const std::exception& exception) {
        log_event(events::failed, exception.what(), {});
        exit_code = EXIT_FAILURE;
    }
    return exit_code;
}
