// hvfb-vnc: a display of hvfbd, for VNC clients.
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <exception>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

#include "common/descriptor.h"
#include "common/ending_signals.h"
#include "common/standard_descriptors.h"
#include "common/time_span.h"
#include "vnc/command_line.h"
#include "vnc/rfb_session.h"
#include "vnc/server.h"

namespace {

// libvncserver puts descriptors into a fd_set, and ends the process where one has no place in it.
void have_no_descriptor_that_select_cannot_take() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) < 0) return;
    limit.rlim_cur = std::min<rlim_t>(limit.rlim_cur, FD_SETSIZE);
    limit.rlim_max = std::min<rlim_t>(limit.rlim_max, FD_SETSIZE);
    (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

void serve(const vnc::CommandLine& line) {
    const hvfbd::Descriptor signals = hvfbd::ending_signals();
    vnc::prepare_libvncserver();
    std::vector<vnc::Listener> listeners = vnc::Listener::inherited(line.network_allowed());
    vnc::ServerOptions options{{line.bus, line.display}, line.most_clients, std::nullopt};
    const auto leave_after = hvfbd::time_span_in(line.leave_after);
    // Nobody starts again what has no socket of systemd's.
    if (!listeners.empty() && line.listen.empty() && leave_after && *leave_after != 0)
        options.leave_after = std::chrono::microseconds(*leave_after);
    for (const vnc::ListenAddress& address : line.addresses())
        listeners.push_back(vnc::Listener::make(address));
    if (listeners.empty())
        throw std::runtime_error(
            "there is no socket for clients: \"systemctl start hvfb-vnc.socket\" makes one, or give --listen");
    vnc::Server(std::move(options), std::move(listeners)).run(signals.get());
}

}  // namespace

// NOLINTNEXTLINE(bugprone-exception-escape): what the set-up of the command line throws is a mistake in it
int main(int argc, char** argv) {
    hold_standard_descriptors();
    vnc::CommandLine line;
    if (const auto code = line.parse(argc, argv)) return *code;
    have_no_descriptor_that_select_cannot_take();
    try {
        serve(line);
    } catch (const std::exception& error) {
        vnc::log(error.what());
        return 1;
    }
    return 0;
}
