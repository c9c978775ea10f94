#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/command_line_parser.h"
#include "input/protocol/messages.h"
#include "vnc/listen_address.h"

namespace vnc {

// What hvfb-vnc takes on its command line. `program` puts it into the members beside it.
struct CommandLine {
    CommandLine();
    CommandLine(const CommandLine&) = delete;
    CommandLine& operator=(const CommandLine&) = delete;
    ~CommandLine() = default;

    // Nothing: go on. Otherwise the exit code, as CommandLineParser::parse() has it.
    std::optional<int> parse(int argc, const char* const* argv) { return program.parse(argc, argv); }
    std::vector<ListenAddress> addresses() const;
    // On the network without TLS and without a password.
    bool is_insecure() const { return insecure == "yes"; }
    bool lets_clients_choose_mode() const { return resize == "yes"; }

    bool has_web() const { return web == "yes"; }

    std::string bus, display;
    std::vector<std::string> listen;
    std::string input = input::default_socket;
    std::string insecure = "no", resize = "no";
    std::string certificate, key;
    std::string login_socket = "/run/hvfbd/vnc-auth.sock";
    std::string secret_file;
    std::string web = "yes", pages = HVFBD_WEB_PAGES, novnc = "/usr/share/novnc";
    std::string leave_after = "30s";
    unsigned most_clients = 64;
    tools::CommandLineParser program{"Shows a display of hvfbd to VNC clients.", "hvfb-vnc"};
};

tools::CommandLineModel command_line_model();

}  // namespace vnc
