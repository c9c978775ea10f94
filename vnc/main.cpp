// hvfb-vnc: a display of hvfbd, for VNC clients.
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "common/descriptor.h"
#include "common/ending_signals.h"
#include "common/standard_descriptors.h"
#include "common/time_span.h"
#include "vnc/command_line.h"
#include "vnc/log.h"
#include "vnc/rfb_session.h"
#include "vnc/server.h"
#include "vnc/tls_identity.h"
#include "vnc/web_secret.h"

namespace {

// libvncserver puts descriptors into a fd_set, and ends the process where one has no place in it.
void have_no_descriptor_that_select_cannot_take() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) < 0) return;
    limit.rlim_cur = std::min<rlim_t>(limit.rlim_cur, FD_SETSIZE);
    limit.rlim_max = std::min<rlim_t>(limit.rlim_max, FD_SETSIZE);
    (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

// People compare the fingerprint with what their viewer shows.
std::shared_ptr<const vnc::TlsIdentity> identity_for(const vnc::CommandLine& line) {
    std::shared_ptr<const vnc::TlsIdentity> made;
    const char* const folder = std::getenv("STATE_DIRECTORY");
    if (!line.certificate.empty())
        made = vnc::TlsIdentity::of_files(line.certificate, line.key.empty() ? line.certificate : line.key);
    else if (!line.key.empty())
        throw std::runtime_error("--key is the key of a certificate: give --certificate too");
    else if (folder != nullptr && *folder != '\0')
        made = vnc::TlsIdentity::own(folder);
    else
        throw std::runtime_error(
            "a port of the network needs TLS, and there is no folder for a certificate of its own: give "
            "--certificate and --key, or set STATE_DIRECTORY, as hvfb-vnc.service does; or listen on a path "
            "and "
            "let clients come by ssh -L");
    vnc::log(std::string(made->is_new() ? "made a TLS certificate" : "the TLS certificate is the one") +
             " with SHA-256 fingerprint " + made->fingerprint());
    return made;
}

// The secret replaces TLS and the login where they would protect from programs of this machine alone.
std::string secret_for(const vnc::CommandLine& line, const std::vector<vnc::Listener>& listeners) {
    if (line.secret_file.empty()) return {};
    if (!line.is_insecure())
        throw std::runtime_error(
            "--web-secret is for ports without TLS and without a login: give --insecure=yes too, or leave it "
            "out");
    if (!line.has_web()) throw std::runtime_error("--web-secret is for browsers: --web=no has none");
    if (std::ranges::any_of(listeners,
                            [](const vnc::Listener& one) { return one.is_network() && !one.is_loopback(); }))
        throw std::runtime_error(
            "--web-secret is for 127.0.0.1 and ::1: over a network it could be read by others on the way");
    return vnc::web_secret_in_file(line.secret_file);
}

void serve(const vnc::CommandLine& line) {
    const hvfbd::Descriptor signals = hvfbd::ending_signals();
    vnc::prepare_libvncserver();
    std::vector<vnc::Listener> listeners = vnc::Listener::inherited();
    vnc::ServerOptions options{{line.bus, line.display},
                               line.input == "no" ? "" : line.input,
                               line.most_clients,
                               std::nullopt,
                               nullptr,
                               line.login_socket,
                               line.lets_clients_choose_mode(),
                               std::nullopt};
    const auto leave_after = hvfbd::time_span_in(line.leave_after);
    // Nobody starts again what has no socket of systemd's.
    if (!listeners.empty() && line.listen.empty() && leave_after && *leave_after != 0)
        options.leave_after = std::chrono::microseconds(*leave_after);
    for (const vnc::ListenAddress& address : line.addresses())
        listeners.push_back(vnc::Listener::make(address));
    if (listeners.empty())
        throw std::runtime_error(
            "there is no socket for clients: \"systemctl start hvfb-vnc.socket\" makes one, or give "
            "--listen");
    std::string secret = secret_for(line, listeners);
    const bool has_secret = !secret.empty();
    if (line.has_web()) options.web = vnc::WebOptions{line.pages, line.novnc, std::move(secret)};
    const bool is_on_network = std::ranges::any_of(listeners, &vnc::Listener::is_network);
    if (is_on_network && line.is_insecure())
        vnc::log(has_secret ? "whoever knows the secret sees the screen and may type: --web-secret"
                            : "whoever can reach the port sees the screen: --insecure=yes");
    else if (is_on_network)
        options.identity = identity_for(line);
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
