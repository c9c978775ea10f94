#include "config/daemon_options.h"

#include "base/error.h"
#include "common/command_line_parser.h"
#include "common/settings_table.h"
#include "config/configuration.h"

namespace hvfbd {

namespace {

// A sentence, where the text is no mode; otherwise nothing.
std::string take_mode(const std::string& text, std::optional<Mode>& taken) {
    try {
        taken = mode_of(text);
    } catch (const RequestError& refused) {
        return refused.what();
    }
    return {};
}

}  // namespace

std::optional<DaemonOptions> DaemonOptions::parse(int argc, char** argv, int& exit_code) {
    DaemonOptions options;
    std::string mode, output, log_level;
    tools::CommandLineParser program("A framebuffer in user space: see hvfbd(8)", "hvfbd");
    program.version(HVFBD_VERSION);
    program.option("--bus", options.bus, "system, session, or a D-Bus address").show_default();
    std::string root = options.root;
    program.option("--config-root", root, "Folder in front of the configuration's, for tests");
    program.flag("--check-config", options.check_configuration,
                 "Read the configuration, say what is wrong with it, and end");
    program.option("--output", output, "Instead of the configuration's Type")
        .one_of({"auto", "memory", "uio", "drm", "hyperv"});
    program.option("--mode", mode, "Instead of the configuration's Mode")
        .check([&](const std::string& text) { return take_mode(text, options.mode); }, "WIDTHxHEIGHT");
    program
        .option("--row-padding", options.row_padding, "Pixels that a row is longer in memory (memory output)")
        .within(0, 1024);
    program.option("--displays", options.displays, "How many displays there are (memory output)")
        .within(1, 16);
    program.option("--log-level", log_level, "Instead of the configuration's Level")
        .one_of(words_of(log_level_setting));
    if (auto ended = program.parse(argc, argv)) {
        exit_code = *ended;
        return std::nullopt;
    }
    options.root = root;
    if (!output.empty()) options.output = output;
    if (!log_level.empty()) options.log_level = log_level;
    return options;
}

}  // namespace hvfbd
