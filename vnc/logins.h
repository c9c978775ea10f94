#pragma once

#include <mutex>
#include <string>

#include "vnc/login_throttle.h"
#include "vnc/vencrypt.h"

namespace vnc {

// Has names and passwords checked by hvfb-vnc-auth, at most as often as LoginThrottle says. Any thread may.
class Logins {
  public:
    // `path` is the socket of hvfb-vnc-auth.
    explicit Logins(std::string path) : path_(std::move(path)) {}

    struct Outcome {
        VencryptServer::Answer answer = VencryptServer::Answer::unavailable;
        std::string problem;  // why it is unavailable
        bool may_type = false;
    };
    // Waits: for its turn, for the answer, and, where that is no, for as long as every no takes. Throws
    // std::runtime_error where `client`, a socket, is hung up meanwhile, or it is `deadline` first.
    Outcome check(const std::string& address, const Login& login, int client, Time deadline);

  private:
    Outcome ask(const std::string& address, const Login& login, int client, Time deadline) const;

    const std::string path_;
    std::mutex mutex_;
    LoginThrottle throttle_;
};

}  // namespace vnc
