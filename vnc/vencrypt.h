#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vnc {

// A name and a password, as a client sent them. The password is wiped when it goes.
class Login {
  public:
    Login() = default;
    Login(const Login&) = delete;
    Login& operator=(const Login&) = delete;
    ~Login();

    void set(std::string_view name, std::string_view password);
    void wipe();
    const std::string& name() const { return name_; }
    std::string_view password() const { return {password_.data(), password_.size()}; }

  private:
    std::string name_;
    std::vector<char> password_;
};

constexpr std::size_t longest_name = 255, longest_password = 1023;

// What a client of the network and the server say until the login: RFB 3.7 or 3.8, VeNCrypt
// 0.2, X509Plain and nothing else. Knows no socket and no TLS: is given what came, and says what to send.
// For a browser, whose WebSocket is in TLS already, it is VeNCrypt's Plain instead: the same without
// Step::start_tls.
//
// It says how many bytes it wants next, and no more may be read: what a client sends before TLS is there is
// never taken for something that came by TLS.
class VencryptServer {
  public:
    enum class Step {
        read,         // wanted() bytes
        start_tls,    // then tls_is_there()
        check_login,  // login(); then answer()
        admitted,     // what follows is ClientInit
        end,          // problem() says why
    };
    enum class Answer { yes, no, unavailable };

    enum class Subtype : std::uint32_t { plain = 256, x509_plain = 262 };

    explicit VencryptServer(Subtype subtype = Subtype::x509_plain);

    Step step() const { return step_; }
    std::size_t wanted() const { return wanted_; }
    // Exactly wanted() bytes.
    void take(std::span<const std::uint8_t> bytes);
    void tls_is_there();
    const Login& login() const { return login_; }
    void answer(Answer answer);
    // What to send, before the next step. It is given once.
    std::vector<std::uint8_t> take_output();
    const std::string& problem() const { return problem_; }

  private:
    enum class Message { version, security_type, vencrypt_version, subtype, lengths, login };

    void want(Message message, std::size_t count);
    void take_version(std::span<const std::uint8_t> bytes);
    void take_subtype(std::span<const std::uint8_t> bytes);
    void take_lengths(std::span<const std::uint8_t> bytes);
    void take_login(std::span<const std::uint8_t> bytes);
    void end(std::string problem);
    void put(std::uint32_t number);
    void put(std::string_view text);

    Subtype subtype_;
    Step step_ = Step::read;
    Message message_ = Message::version;
    std::size_t wanted_ = 0, name_size_ = 0;
    bool with_reasons_ = false;  // RFB 3.8
    Login login_;
    std::vector<std::uint8_t> output_;
    std::string problem_;
};

}  // namespace vnc
