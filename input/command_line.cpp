#include "input/command_line.h"

#include <sys/un.h>

namespace input {

CommandLine::CommandLine() {
    constexpr double most_possible = 256;
    program
        .option("--listen", listen,
                "A path for a socket where clients connect; otherwise the socket that systemd gives")
        .path()
        .check(
            [](const std::string& text) {
                return !text.empty() && text.size() < sizeof(sockaddr_un::sun_path)
                           ? ""
                           : "\"" + text + "\" is no path that a socket can have";
            },
            "");
    program.option("--max-clients", most_clients, "How many clients there may be at once")
        .within(1.0, most_possible)
        .show_default();
    program.version(HVFBD_VERSION);
}

tools::CommandLineModel command_line_model() {
    return CommandLine().program.model();
}

}  // namespace input
