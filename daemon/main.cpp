// The one place, with output_choice, that names concrete classes.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "control/bus_connection.h"
#include "control/bus_service.h"
#include "control/configuration.h"
#include "control/daemon_options.h"
#include "control/last_words.h"
#include "control/log.h"
#include "control/log_report.h"
#include "control/logind.h"
#include "control/reports.h"
#include "control/service.h"
#include "control/turn_watchdog.h"
#include "output_choice.h"
#include "pipeline.h"

namespace hvfbd {
namespace {

Configuration read_configuration(const DaemonOptions& options, bool& warned) {
    std::vector<ConfigurationWarning> warnings;
    auto folders = options.configuration_folders();
    Configuration configuration = load(folders, warnings);
    for (const auto& [file, line, sentence] : warnings) spdlog::warn("{}:{}: {}", file, line, sentence);
    warned = !warnings.empty();
    if (options.output) configuration.output.type = *options.output;
    if (options.mode) configuration.output.mode = options.mode;
    if (options.log_level) configuration.log_level = *options.log_level;
    return configuration;
}

void run(const DaemonOptions& options, const Configuration& configuration) {
    EventLoop loop;
    std::unique_ptr<Output> output = make_output(loop, configuration, options.row_padding);
    Reports reports;
    LogReport log;
    reports.add(log);
    Pipeline pipeline(loop, *output, configuration.display, reports);

    BusConnection bus(loop, options.bus);
    BusService* bus_objects = nullptr;
    auto reload = [&] {
        bool warned = false;
        Configuration newer = read_configuration(options, warned);
        Tuning before = pipeline.tuning();
        std::string level = log_level();
        set_log_level(newer.log_level);
        pipeline.set_tuning(newer.display, loop.now());
        bus_objects->display().tuning_changed(before, newer.display);
        if (level != log_level()) bus_objects->manager().log_level_changed();
        spdlog::info("the configuration was read again");
    };
    BusService objects(loop, bus.get(), pipeline, {groups_named("video"), groups_named("hvfbd-view")},
                       reload);
    bus_objects = &objects;
    reports.add(objects);

    Service service(loop, reload, [&] {
        spdlog::info("asked to end");
        loop.stop();
    });
    Logind logind(bus.get(), {[&] { pipeline.suspend(loop.now()); }, [&] { pipeline.resume(loop.now()); },
                              [&] { pipeline.finish(loop.now()); }});
    LastWords last_words([&] { pipeline.last_words(); });
    TurnWatchdog watchdog;
    loop.around_turn([&] { watchdog.turn_begins(); }, [&] { watchdog.turn_ends(); });
    loop.after_turn([&](Time now) { pipeline.update(now); });

    // The name comes last: who waits for it finds everything in its place.
    bus.request_name("org.hvfbd.Framebuffer1");
    pipeline.update(loop.now());
    spdlog::info("display0 is {}x{}, {} output, on bus {}", pipeline.layout().width, pipeline.layout().height,
                 output->name(), options.bus);
    Service::ready();
    loop.run();
    Service::stopping();
    pipeline.finish(loop.now());
}

}  // namespace
}  // namespace hvfbd

int main(int argc, char** argv) {
    using namespace hvfbd;
    int exit_code = EXIT_SUCCESS;
    try {
        auto options = DaemonOptions::parse(argc, argv, exit_code);
        if (!options) return exit_code;
        open_log();
        bool warned = false;
        Configuration configuration = read_configuration(*options, warned);
        if (options->check_configuration) return warned ? EXIT_FAILURE : EXIT_SUCCESS;
        set_log_level(configuration.log_level);
        run(*options, configuration);
    } catch (const std::exception& exception) {
        spdlog::critical("{}", exception.what());
        exit_code = EXIT_FAILURE;
    }
    return exit_code;
}
