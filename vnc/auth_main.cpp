// hvfb-vnc-auth: answers one question of hvfb-vnc, whether a name and a password are right, on the socket
// that is its standard input.
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <exception>
#include <iostream>
#include <string>

#include "common/command_line_parser.h"
#include "common/standard_descriptors.h"
#include "vnc/login_message.h"
#include "vnc/pam_login.h"

namespace {

void log(const std::string& sentence) {
    std::cerr << "hvfb-vnc-auth: " + sentence + "\n" << std::flush;
}

// A password is in its memory.
void leave_no_core() {
    const rlimit none{};
    (void)::setrlimit(RLIMIT_CORE, &none);
    (void)::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

int answer_one(const vnc::LoginRules& rules) {
    std::array<std::uint8_t, vnc::longest_login_message + 1> message{};
    const ssize_t got = ::recv(STDIN_FILENO, message.data(), message.size(), 0);
    if (got < 0) {
        log(std::string("read a question: ") + ::strerror(errno) +
            ": standard input is a socket of hvfb-vnc-auth.socket");
        return 1;
    }
    // hvfb-vnc gave up meanwhile.
    if (got == 0) return 0;
    vnc::LoginQuestion question;
    const bool is_one = vnc::read_login_message({message.data(), static_cast<std::size_t>(got)}, question);
    ::explicit_bzero(message.data(), message.size());
    if (!is_one) {
        log("what was asked is no question of hvfb-vnc's");
        return 1;
    }
    std::string why;
    const vnc::LoginAnswer answer = vnc::check_login(rules, question, why);
    question.login.wipe();
    const std::string who =
        "\"" + vnc::printable(question.login.name()) + "\" from " + vnc::printable(question.address);
    const std::uint8_t byte = answer == vnc::LoginAnswer::to_type   ? vnc::login_to_type
                              : answer == vnc::LoginAnswer::to_look ? vnc::login_to_look
                              : answer == vnc::LoginAnswer::refused ? vnc::login_refused
                                                                    : vnc::login_unavailable;
    if (why.empty())
        log("login of " + who + " accepted" + (byte == vnc::login_to_look ? ", to look only" : ""));
    else
        log("login of " + who + (answer == vnc::LoginAnswer::refused ? " refused: " : " not checked: ") +
            why);
    (void)!::send(STDIN_FILENO, &byte, 1, MSG_NOSIGNAL);
    return 0;
}

}  // namespace

// NOLINTNEXTLINE(bugprone-exception-escape): what the set-up of the command line throws is a mistake in it
int main(int argc, char** argv) {
    hold_standard_descriptors();
    leave_no_core();
    vnc::LoginRules rules;
    tools::CommandLineParser program{"Checks one login for hvfb-vnc, which asks it on standard input.",
                                     "hvfb-vnc-auth"};
    program.option("--group", rules.group, "Whose members may look").show_default();
    program.option("--input-socket", rules.input_socket, "That of hvfb-inputd: members of its group may type")
        .path()
        .show_default();
    program.option("--pam-service", rules.service, "The service of PAM").show_default();
    program.option("--pam-directory", rules.pam_directory, "Where that is described; otherwise /etc/pam.d")
        .path();
    program.version(HVFBD_VERSION);
    if (const auto code = program.parse(argc, argv)) return *code;
    try {
        return answer_one(rules);
    } catch (const std::exception& error) {
        log(error.what());
        return 1;
    }
}
