#include "vnc/vencrypt.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

namespace vnc {

namespace {

// As RFC 6143 and the community's description of RFB (rfbproto) number them.
constexpr std::string_view server_version = "RFB 003.008\n", version_without_reasons = "RFB 003.007\n";
constexpr std::uint8_t vencrypt = 19, vencrypt_major = 0, vencrypt_minor = 2;
constexpr std::size_t size_of_number = 4;

std::uint32_t number_in(std::span<const std::uint8_t> bytes) {
    std::uint32_t number = 0;
    for (const std::uint8_t byte : bytes.first(size_of_number)) number = number << 8U | byte;
    return number;
}

std::string_view text_in(std::span<const std::uint8_t> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool is_version(std::string_view text) {
    constexpr std::string_view form = "RFB ddd.ddd\n";
    return std::ranges::equal(text, form, [](char given, char wanted) {
        return wanted == 'd' ? given >= '0' && given <= '9' : given == wanted;
    });
}

}  // namespace

// ---- Login

Login::~Login() {
    wipe();
}

void Login::set(std::string_view name, std::string_view password) {
    wipe();
    name_ = name;
    password_.assign(password.begin(), password.end());
}

void Login::wipe() {
    if (!password_.empty()) ::explicit_bzero(password_.data(), password_.size());
    password_.clear();
}

// ---- VencryptServer

VencryptServer::VencryptServer(Subtype subtype) : subtype_(subtype) {
    put(server_version);
    want(Message::version, server_version.size());
}

void VencryptServer::want(Message message, std::size_t count) {
    step_ = Step::read;
    message_ = message;
    wanted_ = count;
}

void VencryptServer::put(std::uint32_t number) {
    constexpr unsigned bits_of_byte = 8;
    for (unsigned shift = size_of_number * bits_of_byte; shift > 0;)
        output_.push_back(static_cast<std::uint8_t>(number >> (shift -= bits_of_byte)));
}

void VencryptServer::put(std::string_view text) {
    output_.insert(output_.end(), text.begin(), text.end());
}

std::vector<std::uint8_t> VencryptServer::take_output() {
    return std::exchange(output_, {});
}

void VencryptServer::end(std::string problem) {
    step_ = Step::end;
    wanted_ = 0;
    problem_ = std::move(problem);
}

void VencryptServer::take(std::span<const std::uint8_t> bytes) {
    assert(step_ == Step::read && bytes.size() == wanted_);
    switch (message_) {
        case Message::version:
            take_version(bytes);
            return;
        case Message::security_type:
            if (bytes[0] != vencrypt) {
                end("asked for security type " + std::to_string(bytes[0]) + ", which is not VeNCrypt");
                return;
            }
            output_.insert(output_.end(), {vencrypt_major, vencrypt_minor});
            want(Message::vencrypt_version, 2);
            return;
        case Message::vencrypt_version:
            if (bytes[0] != vencrypt_major || bytes[1] != vencrypt_minor) {
                constexpr std::uint8_t not_supported = 255;
                output_.push_back(not_supported);
                end("speaks VeNCrypt " + std::to_string(bytes[0]) + "." + std::to_string(bytes[1]) +
                    ", which is not 0.2");
                return;
            }
            output_.insert(output_.end(), {0, 1});
            put(static_cast<std::uint32_t>(subtype_));
            want(Message::subtype, size_of_number);
            return;
        case Message::subtype:
            take_subtype(bytes);
            return;
        case Message::lengths:
            take_lengths(bytes);
            return;
        case Message::login:
            take_login(bytes);
            return;
    }
}

void VencryptServer::take_version(std::span<const std::uint8_t> bytes) {
    const std::string_view text = text_in(bytes);
    if (!is_version(text)) {
        end("is no VNC client");
        return;
    }
    with_reasons_ = text == server_version;
    if (!with_reasons_ && text != version_without_reasons) {
        // RFB 3.3 lets the server choose, and knows no VeNCrypt.
        constexpr std::string_view reason = "This server wants RFB 3.8 and VeNCrypt with X509Plain";
        put(std::uint32_t{0});
        put(std::uint32_t{reason.size()});
        put(reason);
        end("speaks RFB " + std::string(text.substr(4, 7)) + ", which has no VeNCrypt");
        return;
    }
    output_.insert(output_.end(), {1, vencrypt});
    want(Message::security_type, 1);
}

void VencryptServer::take_subtype(std::span<const std::uint8_t> bytes) {
    const bool is_offered = number_in(bytes) == static_cast<std::uint32_t>(subtype_);
    const bool with_tls = subtype_ == Subtype::x509_plain;
    // Plain has no answer to the choice, but the login.
    if (with_tls || !is_offered) output_.push_back(is_offered ? 1 : 0);
    if (!is_offered)
        end("asked for VeNCrypt's type " + std::to_string(number_in(bytes)) + ", which is not " +
            (with_tls ? "X509Plain" : "Plain"));
    else if (with_tls)
        step_ = Step::start_tls;
    else
        want(Message::lengths, 2 * size_of_number);
}

void VencryptServer::tls_is_there() {
    assert(step_ == Step::start_tls);
    want(Message::lengths, 2 * size_of_number);
}

void VencryptServer::take_lengths(std::span<const std::uint8_t> bytes) {
    const std::size_t name = number_in(bytes), password = number_in(bytes.subspan(size_of_number));
    if (name > longest_name || password > longest_password) {
        end("sent a name or a password that is too long");
        return;
    }
    name_size_ = name;
    want(Message::login, name + password);
    if (wanted_ == 0) take_login({});
}

void VencryptServer::take_login(std::span<const std::uint8_t> bytes) {
    const std::string_view name = text_in(bytes.first(name_size_)),
                           password = text_in(bytes.subspan(name_size_));
    login_.set(name, password);
    step_ = Step::check_login;
    wanted_ = 0;
    // For C, a 0 byte is an end: what is asked for would be another name. And nobody gets in with nothing.
    const auto is_usable = [](std::string_view text) {
        return !text.empty() && text.find('\0') == std::string_view::npos;
    };
    if (!is_usable(name) || !is_usable(password)) answer(Answer::no);
}

void VencryptServer::answer(Answer answer) {
    assert(step_ == Step::check_login);
    login_.wipe();
    put(std::uint32_t{answer == Answer::yes ? 0U : 1U});
    if (answer == Answer::yes) {
        step_ = Step::admitted;
        return;
    }
    const bool refused = answer == Answer::no;
    if (with_reasons_) {
        const std::string_view reason =
            refused ? "The name or the password is wrong, or the user may not look at this screen"
                    : "The server cannot check passwords now: its journal says why";
        put(static_cast<std::uint32_t>(reason.size()));
        put(reason);
    }
    end(refused ? "login failed" : "login could not be checked");
}

}  // namespace vnc
