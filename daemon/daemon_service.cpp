#include "daemon_service.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <optional>
#include <string>

#include "bus/bus_connection.h"
#include "bus/bus_service.h"
#include "bus/group_file.h"
#include "daemon.h"
#include "daemon_configuration.h"
#include "output_choice.h"
#include "system/crash_handler.h"
#include "system/dispatch_watchdog.h"
#include "system/log.h"
#include "system/log_observer.h"
#include "system/logind.h"
#include "system/service.h"
#include "system/status_text.h"
#include "system/store_limit.h"

namespace hvfbd {

namespace {

void log_ready(const std::string& name, const Display& display, std::string_view bus) {
    const Layout& layout = display.layout();
    std::string_view output = display.output().name();
    log_event(
        events::ready,
        fmt::format("{} is {}x{}, {} output, on bus {}", name, layout.width, layout.height, output, bus),
        {{"HVFBD_DISPLAY", name},
         {"HVFBD_WIDTH", std::to_string(layout.width)},
         {"HVFBD_HEIGHT", std::to_string(layout.height)},
         {"HVFBD_OUTPUT", std::string(output)}});
}

// Groups are made by an installation or an administrator, who reloads.
Authority read_authority(const DaemonOptions& options) {
    return {group_number("video"), group_number("hvfbd-view"), group_number("hvfbd-mode"),
            options.bus == "system" ? std::nullopt : std::optional(::geteuid())};
}

// SIGHUP, and Reload() of the manager.
// Returns what of it does not count.
std::vector<std::string> reload(const DaemonOptions& options, Daemon& daemon, BusService& objects) {
    // A file that cannot be opened for want of a descriptor would be read as none.
    expect_descriptors(8);
    std::vector<std::string> warnings;
    Configuration newer = read_configuration(options, warnings);
    const Authority authority = read_authority(options);
    std::string level = log_level();
    set_log_level(newer.log_level);
    if (newer.output != daemon.configuration().output) {
        std::string why = why_no_start(newer);
        if (!why.empty()) spdlog::error("{}", why);
        if (why.empty() || newer.output.type == "auto") {
            const char* const later =
                "what [Output] says now counts from the next start on; fix: sudo systemctl restart hvfbd";
            spdlog::warn(later);
            warnings.emplace_back(later);
        }
        if (!why.empty()) warnings.push_back(std::move(why));
    }
    std::vector<DisplaySettings> before;
    for (const Display* display : daemon.displays()) before.push_back(display->settings());
    daemon.change_settings(newer.display);
    daemon.allow_userfaultfds(newer.grant_userfaultfd);
    for (std::size_t i = 0; i < before.size(); ++i)
        objects.display(i).object().settings_changed(before[i], newer.display);
    if (level != log_level()) objects.manager().log_level_changed();
    objects.set_authority(authority);
    spdlog::info("the configuration was read again");
    return warnings;
}

}  // namespace

void serve(const DaemonOptions& options, const Configuration& configuration,
           std::vector<std::string> warnings) {
    // A picture that may not become as large (LimitFSIZE= of the unit) is an error, and not the end.
    ::signal(SIGXFSZ, SIG_IGN);
    Daemon daemon(configuration, DescriptorStore::from_environment(),
                  {[&](EventLoop& loop, std::span<const RestoredOutput> restored_outputs) {
                       return make_outputs(loop, configuration, options, restored_outputs);
                   },
                   [](std::size_t display, bool one_of_several) {
                       return std::make_unique<LogObserver>(Daemon::display_name(display), one_of_several);
                   }});
    EventLoop& loop = daemon.loop();
    BusConnection bus(loop, options.bus);
    BusService* bus_objects = nullptr;
    std::optional<StoreLimit> store_limit;
    StatusText status([&](const std::string& text) { daemon.notifier().set_status(text); });
    const auto say = [&](std::vector<std::string> what) {
        status.set_configuration_warnings(what);
        bus_objects->manager().set_configuration_warnings(std::move(what));
    };
    auto read_again = [&] {
        say(reload(options, daemon, *bus_objects));
        // The unit may have been read again as well.
        daemon.store_again();
        if (store_limit) store_limit->ask();
    };
    BusService objects(loop, bus.get(), daemon.displays(), read_authority(options), read_again);
    bus_objects = &objects;
    say(std::move(warnings));
    for (std::size_t i = 0; i < daemon.displays().size(); ++i) {
        daemon.add_observer(i, objects.display(i));
        daemon.add_observer(i, status.add(Daemon::display_name(i)));
    }

    // Where there is no manager the bus would try to start one.
    if (daemon.notifier().there())
        store_limit.emplace(bus.get(), [&](std::size_t most) { daemon.set_store_limit(most); });
    auto read_again_or_say = [&] {
        try {
            read_again();
        } catch (const std::exception& exception) {
            spdlog::error("the configuration was not read again: {}", exception.what());
        }
    };
    Service* running = nullptr;
    Service service(loop, daemon.notifier(), read_again_or_say, [&] {
        spdlog::info("asked to end");
        running->stopping();
        daemon.stop();
    });
    running = &service;
    Logind logind(bus.get(), {[&] { daemon.suspend(); }, [&] { daemon.resume(); }, [&] { daemon.finish(); }});
    CrashHandler crash_handler([&] { daemon.flush_on_crash(); });
    DispatchWatchdog watchdog;
    loop.around_dispatch(
        [&] {
            watchdog.dispatch_begins();
            bus.dispatch_begins();
        },
        [&] {
            bus.dispatch_ends();
            watchdog.dispatch_ends();
        });

    // The name comes last: who waits for it finds everything in its place.
    bus.request_name("org.hvfbd.Framebuffer1");
    daemon.start();
    for (std::size_t i = 0; i < daemon.displays().size(); ++i)
        log_ready(Daemon::display_name(i), *daemon.displays()[i], options.bus);
    service.ready();
    status.begin();
    daemon.run();
}

}  // namespace hvfbd
