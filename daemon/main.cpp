// The one place, with output_choice, that names concrete classes.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <vector>

#include "base/error.h"
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

// Whether the daemon would start with it, which is said where it would not.
bool would_start(const Configuration& configuration) {
    try {
        check_outputs(configuration);
        return true;
    } catch (const Refusal& refusal) {
        spdlog::error("hvfbd does not start with this{}: {}",
                      configuration.output.type == "auto" ? " where Hyper-V has a screen" : "",
                      refusal.what());
        return false;
    }
}

std::string display_name(std::size_t number) {
    return "display" + std::to_string(number);
}

// A display, and who is told of it. Throws std::system_error where there is no memory for its picture.
struct Display {
    Display(EventLoop& loop, Output& output, const Tuning& tuning, Keeper& keeper, const std::string& name,
            bool one_of_several)
        : log(name, one_of_several), reports{&log, &keeper}, pipeline(loop, output, tuning, reports) {}
    LogReport log;
    Reports reports;
    Pipeline pipeline;
};
using Displays = std::vector<std::unique_ptr<Display>>;

// What was set over the bus goes before the configuration, as it did in the process before.
Tuning tuning_of(const Configuration& configuration, const KeptDisplay* kept) {
    Tuning tuning = configuration.display;
    if (!kept) return tuning;
    for (const auto& [name, value] : kept->tuning) {
        try {
            set(tuning, name, value);
        } catch (const Refusal& refusal) {
            spdlog::warn("what was set before: {}", refusal.what());
        }
    }
    return tuning;
}

// The displays of the process before go on, as far as there are displays of their numbers.
void go_on(const State& before, const Displays& displays, const Keeper& keeper, std::vector<Legacy>& legacies,
           Time now) {
    std::size_t surfaces = 0, viewers = 0;
    for (std::size_t i = 0; i < before.displays.size(); ++i) {
        const KeptDisplay& kept = before.displays[i];
        if (i < displays.size()) {
            Pipeline& pipeline = displays[i]->pipeline;
            pipeline.restore(kept, keeper.first_serial(), legacies[i], now);
            surfaces += pipeline.surfaces().all().size();
            viewers += pipeline.viewers().size();
        } else if (!kept.surfaces.empty() || !kept.viewers.empty()) {
            spdlog::warn("{} of the process before is lost: there is no such display any more",
                         display_name(i));
        }
    }
    spdlog::info("going on with {} surfaces and {} viewers after {} restarts", surfaces, viewers,
                 before.generation + 1);
}

void log_ready(const std::string& name, const Pipeline& pipeline, std::string_view bus) {
    const Layout& layout = pipeline.layout();
    std::string_view output = pipeline.output().name();
    log_event(
        events::ready,
        fmt::format("{} is {}x{}, {} output, on bus {}", name, layout.width, layout.height, output, bus),
        {{"HVFBD_DISPLAY", name},
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
    State before = inherited.state.value_or(State{});
    std::vector<Legacy> legacies;
    for (std::size_t i = 0; i < before.displays.size(); ++i) legacies.push_back(keeper.legacy_of(i));
    std::vector<OutputLegacy> of_outputs;
    for (std::size_t i = 0; i < before.displays.size(); ++i)
        of_outputs.push_back({before.displays[i].output, legacies[i], before.displays[i].mode,
                              before.displays[i].output_name, before.displays[i].size});

    EventLoop loop;
    std::unique_ptr<Outputs> outputs = make_outputs(loop, configuration, options, of_outputs);
    Displays displays;
    std::vector<Pipeline*> pipelines;
    for (Output* output : outputs->all()) {
        std::size_t number = displays.size();
        Tuning tuning =
            tuning_of(configuration, number < before.displays.size() ? &before.displays[number] : nullptr);
        auto display = [&] {
            return std::make_unique<Display>(loop, *output, tuning, keeper, display_name(number),
                                             outputs->all().size() > 1);
        };
        try {
            displays.push_back(display());
        } catch (const std::system_error& error) {
            if (number >= before.displays.size() || !before.displays[number].mode) throw;
            // Set over the bus while there was more memory: all that is drawn is worth more than a mode.
            spdlog::warn("the mode that was set before cannot be had again: {}", error.what());
            before.displays[number].mode.reset();
            output->set_mode(configuration.output.mode.value_or(default_mode));
            displays.push_back(display());
        }
        pipelines.push_back(&displays.back()->pipeline);
    }
    if (inherited.state) go_on(before, displays, keeper, legacies, loop.now());
    legacies.clear();  // who is lost is told by it
    keeper.begin({pipelines.begin(), pipelines.end()}, configuration.display);

    BusConnection bus(loop, options.bus);
    BusService* bus_objects = nullptr;
    auto reload = [&] {
        bool warned = false;
        Configuration newer = read_configuration(options, warned);
        std::string level = log_level();
        set_log_level(newer.log_level);
        configuration.display = newer.display;
        if (newer.output != configuration.output && (would_start(newer) || newer.output.type == "auto"))
            spdlog::warn("what [Output] says now counts from the next start on: systemctl restart hvfbd");
        for (std::size_t i = 0; i < pipelines.size(); ++i) {
            Tuning tuning = pipelines[i]->tuning();
            pipelines[i]->set_tuning(newer.display, loop.now());
            bus_objects->display(i).object().tuning_changed(tuning, newer.display);
        }
        if (level != log_level()) bus_objects->manager().log_level_changed();
        spdlog::info("the configuration was read again");
    };
    BusService objects(loop, bus.get(), pipelines, {groups_named("video"), groups_named("hvfbd-view")},
                       reload);
    bus_objects = &objects;
    for (std::size_t i = 0; i < displays.size(); ++i) displays[i]->reports.add(objects.display(i));

    auto each = [&](const auto& act) {
        for (Pipeline* pipeline : pipelines) act(*pipeline);
    };
    Service service(loop, reload, [&] {
        spdlog::info("asked to end");
        loop.stop();
    });
    Logind logind(bus.get(), {[&] { each([&](Pipeline& one) { one.suspend(loop.now()); }); },
                              [&] { each([&](Pipeline& one) { one.resume(loop.now()); }); },
                              [&] { each([&](Pipeline& one) { one.finish(loop.now()); }); }});
    LastWords last_words([&] { each([](Pipeline& one) { one.last_words(); }); });
    TurnWatchdog watchdog;
    loop.around_turn([&] { watchdog.turn_begins(); }, [&] { watchdog.turn_ends(); });
    // Before anything is done about what was heard, and after.
    loop.after_turn([&](Time now) {
        keeper.save();
        each([&](Pipeline& one) { one.update(now); });
        keeper.save();
        if (keeper.take_overflow())
            spdlog::warn("there is more to keep than fits: a restart will lose surfaces");
    });

    // The name comes last: who waits for it finds everything in its place.
    bus.request_name("org.hvfbd.Framebuffer1");
    each([&](Pipeline& one) { one.update(loop.now()); });
    for (std::size_t i = 0; i < pipelines.size(); ++i) log_ready(display_name(i), *pipelines[i], options.bus);
    Service::ready();
    loop.run();
    Service::stopping();
    each([&](Pipeline& one) { one.finish(loop.now()); });
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
        if (options->check_configuration)
            return would_start(configuration) && !warned ? EXIT_SUCCESS : EXIT_FAILURE;
        set_log_level(configuration.log_level);
        run(*options, configuration);
    } catch (const std::exception& exception) {
        log_event(events::failed, exception.what(), {});
        exit_code = EXIT_FAILURE;
    }
    return exit_code;
}
