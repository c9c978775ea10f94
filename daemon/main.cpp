// The one place, with output_choice, that names concrete classes.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "control/bus_connection.h"
#include "control/bus_service.h"
#include "control/configuration.h"
#include "control/daemon_options.h"
#include "control/descriptor_store.h"
#include "control/keeper.h"
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
    for (const auto& [file, line, sentence] : warnings)
        log_event(events::configuration_warning, fmt::format("{}:{}: {}", file, line, sentence),
                  {{"CONFIG_FILE", file}, {"CONFIG_LINE", std::to_string(line)}});
    warned = !warnings.empty();
    if (options.output) configuration.output.type = *options.output;
    if (options.mode) configuration.output.mode = options.mode;
    if (options.log_level) configuration.log_level = *options.log_level;
    return configuration;
}

// What was set over the bus goes before the configuration, as it did in the process before.
void take_over(const State& state, Configuration& configuration, Tuning& tuning) {
    if (state.mode) configuration.output.mode = state.mode;
    for (const auto& [name, value] : state.tuning) {
        try {
            set(tuning, name, value);
        } catch (const Refusal& refusal) {
            spdlog::warn("what was set before: {}", refusal.what());
        }
    }
}

void log_ready(const Layout& layout, std::string_view output, std::string_view bus) {
    log_event(
        events::ready,
        fmt::format("display0 is {}x{}, {} output, on bus {}", layout.width, layout.height, output, bus),
        {{"HVFBD_DISPLAY", "display0"},
         {"HVFBD_WIDTH", std::to_string(layout.width)},
         {"HVFBD_HEIGHT", std::to_string(layout.height)},
         {"HVFBD_OUTPUT", std::string(output)}});
}

void run(const DaemonOptions& options, Configuration configuration) {
    DescriptorStore store = DescriptorStore::from_environment();
    Keeper keeper(store);
    Decoded inherited = keeper.inherit();
    if (!inherited.why.empty())
        spdlog::warn("the state that was kept is of no use: {}; beginning anew, and those who drew are told",
                     inherited.why);
    Tuning tuning = configuration.display;
    if (inherited.state) take_over(*inherited.state, configuration, tuning);

    EventLoop loop;
    std::string of_output = inherited.state ? inherited.state->output : "";
    OutputLegacy legacy{of_output, store.legacy()};
    std::unique_ptr<Outputs> outputs = make_outputs(loop, configuration, options.row_padding, &legacy);
    Output* output = outputs->all().front();
    Reports reports;
    LogReport log;
    reports.add(log);
    reports.add(keeper);
    Pipeline pipeline(loop, *output, tuning, reports);
    if (inherited.state) {
        pipeline.restore(*inherited.state, store.legacy(), loop.now());
        spdlog::info("going on with {} surfaces and {} viewers after {} restarts",
                     pipeline.surfaces().all().size(), pipeline.viewers().size(),
                     inherited.state->generation + 1);
    }
    keeper.begin(pipeline, configuration.display);

    BusConnection bus(loop, options.bus);
    BusService* bus_objects = nullptr;
    auto reload = [&] {
        bool warned = false;
        Configuration newer = read_configuration(options, warned);
        Tuning before = pipeline.tuning();
        std::string level = log_level();
        set_log_level(newer.log_level);
        pipeline.set_tuning(newer.display, loop.now());
        configuration.display = newer.display;
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
    // Before anything is done about what was heard, and after.
    loop.after_turn([&](Time now) {
        keeper.save();
        pipeline.update(now);
        keeper.save();
        if (keeper.take_overflow())
            spdlog::warn("there is more to keep than fits: a restart will lose surfaces");
    });

    // The name comes last: who waits for it finds everything in its place.
    bus.request_name("org.hvfbd.Framebuffer1");
    pipeline.update(loop.now());
    log_ready(pipeline.layout(), output->name(), options.bus);
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
        log_event(events::failed, exception.what(), {});
        exit_code = EXIT_FAILURE;
    }
    return exit_code;
}
