#include "vnc/command_line.h"

#include "common/time_span.h"

namespace vnc {

CommandLine::CommandLine() {
    constexpr double most_possible = 256;
    program.option("--bus", bus, "system, session, or an address of a bus; otherwise $HVFB_BUS or system");
    program.option("--display", display, "Which display; otherwise $HVFB_DISPLAY or display0");
    program
        .option("--listen", listen,
                "Where clients connect: a path for a socket, or ADDRESS:PORT; may be repeated; otherwise the "
                "sockets that systemd gives")
        .path()
        .check(
            [](const std::string& text) {
                return listen_address_in(text) ? ""
                                               : "\"" + text +
                                                     "\" is no path, and no address with a port such as "
                                                     "127.0.0.1:5900 or [::1]:5900";
            },
            "");
    program
        .option("--insecure", insecure,
                "On sockets of the network no TLS and no login: whoever can reach the port sees the screen")
        .one_of({"no", "yes"})
        .show_default();
    program
        .option("--resize", resize,
                "Clients may choose the mode of the display, where the daemon lets this user change it")
        .one_of({"no", "yes"})
        .show_default();
    program
        .option("--certificate", certificate,
                "The TLS certificate, PEM; otherwise one that is made in $STATE_DIRECTORY")
        .path();
    program.option("--key", key, "Its private key, PEM; otherwise it is in the file of the certificate")
        .path();
    program
        .option("--input", input,
                "The socket of hvfb-inputd, for what clients type who may; no: all clients only look")
        .path()
        .show_default();
    program.option("--login-socket", login_socket, "Where hvfb-vnc-auth answers whether a login is right")
        .path()
        .show_default();
    program.option("--web", web, "Whether browsers get a page that shows the display, on the same sockets")
        .one_of({"no", "yes"})
        .show_default();
    program
        .option("--web-secret", secret_file,
                "A file with a secret, for --insecure=yes on 127.0.0.1 or ::1: browsers alone connect, with "
                "the secret behind # in the address, and may type")
        .path();
    program.option("--web-pages", pages, "The folder of this page").path().show_default();
    program.option("--novnc", novnc, "The folder of noVNC, which the page needs").path().show_default();
    program.option("--max-clients", most_clients, "How many clients there may be at once")
        .within(1.0, most_possible)
        .show_default();
    program
        .option("--leave-after", leave_after,
                "End so long after the last client has left, where systemd gave the sockets; 0: never")
        .check(
            [](const std::string& text) {
                return hvfbd::time_span_in(text) ? "" : "\"" + text + "\" is no span of time such as 30s";
            },
            "SPAN")
        .show_default();
    program.version(HVFBD_VERSION);
}

std::vector<ListenAddress> CommandLine::addresses() const {
    std::vector<ListenAddress> made;
    for (const std::string& text : listen)
        if (auto address = listen_address_in(text)) made.push_back(std::move(*address));
    return made;
}

tools::CommandLineModel command_line_model() {
    return CommandLine().program.model();
}

}  // namespace vnc
