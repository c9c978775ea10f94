#include "control/daemon_options.h"

#include <CLI/CLI.hpp>

#include "base/error.h"

namespace hvfbd {

namespace {

Mode parse_mode(const std::string& text) {
    Mode mode;
    char cross = 0;
    std::istringstream words(text);
    if (!(words >> mode.width >> cross >> mode.height) || cross != 'x' || words.peek() != EOF)
        throw CLI::ValidationError("--mode", "must be WIDTHxHEIGHT, such as 1920x1080");
    try {
        layout_for(mode);
    } catch (const Refusal& refusal) {
        throw CLI::ValidationError("--mode", refusal.what());
    }
    return mode;
}

}  // namespace

std::optional<DaemonOptions> DaemonOptions::parse(int argc, char** argv, int& exit_code) {
    DaemonOptions options;
    std::string mode, output, log_level;
    CLI::App program{"A framebuffer in user space: see hvfbd(8)", "hvfbd"};
    program.set_version_flag("--version", HVFBD_VERSION);
    program.add_option("--bus", options.bus, "system, session, or a D-Bus address")->capture_default_str();
    program.add_option("--config-root", options.root, "Folder in front of the configuration's, for tests");
    program.add_flag("--check-config", options.check_configuration,
                     "Read the configuration, say what is wrong with it, and end");
    program.add_option("--output", output, "Instead of the configuration's Type")
        ->check(CLI::IsMember({"auto", "memory", "uio", "drm", "hyperv"}));
    program.add_option("--mode", mode, "Instead of the configuration's Mode: WIDTHxHEIGHT");
    program
        .add_option("--row-padding", options.row_padding,
                    "Pixels that a row is longer in memory (memory output)")
        ->check(CLI::Range(0, 1024));
    program.add_option("--displays", options.displays, "How many displays there are (memory output)")
        ->check(CLI::Range(1, 16));
    program.add_option("--log-level", log_level, "Instead of the configuration's Level")
        ->check(CLI::IsMember({"trace", "debug", "info", "warning", "error", "critical"}));
    try {
        program.parse(argc, argv);
        if (!mode.empty()) options.mode = parse_mode(mode);
    } catch (const CLI::ParseError& error) {
        exit_code = program.exit(error) == 0 ? 0 : 2;
        return std::nullopt;
    }
    if (!output.empty()) options.output = output;
    if (!log_level.empty()) options.log_level = log_level;
    return options;
}

}  // namespace hvfbd
