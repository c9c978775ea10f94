#include "console/service_start.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <iostream>
#include <system_error>
#include <utility>

#include "common/daemon_watch.h"

namespace console {

namespace {

// Nothing: a signal ended it. Throws NotNow, and std::system_error: the bus is away.
std::unique_ptr<SurfaceScreen> open_on_bus(const SurfaceOptions& options, int signals, bool& said) {
    // Watched for before it is asked: it may come between. To open a surface would start the daemon, which
    // the administrator may have stopped.
    hvfbd::DaemonWatch watch(options.bus);
    while (!watch.is_there()) {
        if (!std::exchange(said, true))
            log("hvfbd does not run: waits for it; \"systemctl start hvfbd\" starts it");
        watch.wait(signals);
        if (becomes_readable(signals, std::chrono::milliseconds(0))) return nullptr;
    }
    return SurfaceScreen::open(options);
}

}  // namespace

void log(const std::string& sentence) {
    std::cerr << "hvfb-console: " << sentence << std::endl;
}

bool becomes_readable(int fd, std::chrono::milliseconds within) {
    pollfd watched{fd, POLLIN, 0};
    return ::poll(&watched, 1, static_cast<int>(within.count())) > 0;
}

std::unique_ptr<SurfaceScreen> open_screen(const SurfaceOptions& options, int signals) {
    constexpr auto pause = std::chrono::seconds(2);
    bool said = false;
    std::string trouble;
    const auto say = [&trouble](const std::string& sentence) {
        if (std::exchange(trouble, sentence) != sentence) log(sentence + ": tries again every two seconds");
    };
    do {
        try {
            return open_on_bus(options, signals, said);
        } catch (const std::system_error& error) {
            // No address of a bus.
            if (error.code() == std::errc::invalid_argument) throw;
            say(error.what());
        } catch (const NotNow& error) {
            say(error.what());
        }
    } while (!becomes_readable(signals, pause));
    return nullptr;
}

int timeout_until(std::optional<Time> at, Time now) {
    if (!at) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*at - now).count();
    return static_cast<int>(std::max<long long>(left, 0));
}

}  // namespace console
