// Anything as what a client of the network sends before it has logged in, and as what hvfb-vnc-auth is asked.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include "vnc/login_message.h"
#include "vnc/vencrypt.h"

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

void converse(std::span<const std::uint8_t> bytes, vnc::VencryptServer::Answer answer,
              vnc::VencryptServer::Subtype subtype) {
    using Step = vnc::VencryptServer::Step;
    constexpr std::size_t longest_output = 512;
    vnc::VencryptServer server(subtype);
    // A browser comes in it.
    bool tls = subtype == vnc::VencryptServer::Subtype::plain;
    while (server.step() != Step::end && server.step() != Step::admitted) {
        require(server.take_output().size() <= longest_output);
        if (server.step() == Step::start_tls) {
            require(!tls);
            tls = true;
            server.tls_is_there();
        } else if (server.step() == Step::check_login) {
            require(tls);
            vnc::LoginQuestion question;
            const auto message = vnc::login_message("192.0.2.1", server.login());
            require(message && vnc::read_login_message(*message, question));
            require(question.login.name() == server.login().name() &&
                    question.login.password() == server.login().password());
            server.answer(answer);
            require((server.step() == Step::admitted) == (answer == vnc::VencryptServer::Answer::yes));
        } else {
            require(server.wanted() > 0 && server.wanted() <= vnc::longest_name + vnc::longest_password);
            if (server.wanted() > bytes.size()) return;
            const auto taken = bytes.first(server.wanted());
            bytes = bytes.subspan(taken.size());
            server.take(taken);
        }
    }
    require(server.step() == Step::admitted ? tls && server.problem().empty() : !server.problem().empty());
}

void read_question(std::span<const std::uint8_t> bytes) {
    vnc::LoginQuestion question;
    if (!vnc::read_login_message(bytes, question)) return;
    const auto again = vnc::login_message(question.address, question.login);
    require(again && std::ranges::equal(*again, bytes));
    for (const char one : vnc::printable(question.login.name())) require(one >= ' ' && one <= '~');
}

}  // namespace

// The first byte says which of the two, who it is, and what the answer is to a login.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1) return 0;
    using Subtype = vnc::VencryptServer::Subtype;
    constexpr std::uint8_t a_question = 0x80, a_browser = 0x40, answers = 3;
    const std::span rest(data + 1, size - 1);
    if ((data[0] & a_question) != 0)
        read_question(rest);
    else
        converse(rest, static_cast<vnc::VencryptServer::Answer>(data[0] % a_browser % answers),
                 (data[0] & a_browser) != 0 ? Subtype::plain : Subtype::x509_plain);
    return 0;
}
