#include "vnc/pam_login.h"

#include <grp.h>
#include <pwd.h>
#include <security/pam_appl.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string_view>
#include <vector>

#include "input/protocol/peer.h"

namespace vnc {

namespace {

// Answers each question of PAM's with the password, as there is nobody to be asked another.
int converse(int count, const pam_message** messages, pam_response** responses, void* data) {
    if (count <= 0 || count > PAM_MAX_NUM_MSG) return PAM_CONV_ERR;
    const std::string_view password = static_cast<const Login*>(data)->password();
    auto* const made =
        static_cast<pam_response*>(std::calloc(static_cast<std::size_t>(count), sizeof(pam_response)));
    if (made == nullptr) return PAM_BUF_ERR;
    for (int i = 0; i < count; ++i) {
        const int style = messages[i]->msg_style;
        if (style == PAM_PROMPT_ECHO_OFF) made[i].resp = ::strndup(password.data(), password.size());
        if (style == PAM_PROMPT_ECHO_OFF || style == PAM_TEXT_INFO || style == PAM_ERROR_MSG) continue;
        for (int done = 0; done < i; ++done) {
            if (made[done].resp == nullptr) continue;
            ::explicit_bzero(made[done].resp, std::strlen(made[done].resp));
            std::free(made[done].resp);
        }
        std::free(made);
        return PAM_CONV_ERR;
    }
    *responses = made;
    return PAM_SUCCESS;
}

// hvfb-vnc makes each refusal take as long as every other.
void do_not_wait(int /*result*/, unsigned /*microseconds*/, void* /*data*/) {}

class PamSession {
  public:
    PamSession(const LoginRules& rules, const LoginQuestion& question)
        : talk_{converse, const_cast<Login*>(&question.login)} {
        const char* const name = question.login.name().c_str();
        result_ = rules.pam_directory.empty() ? ::pam_start(rules.service.c_str(), name, &talk_, &handle_)
                                              : ::pam_start_confdir(rules.service.c_str(), name, &talk_,
                                                                    rules.pam_directory.c_str(), &handle_);
        if (result_ != PAM_SUCCESS) return;
        set(PAM_RHOST, question.address.c_str());
        set(PAM_TTY, "hvfb-vnc");
        set(PAM_FAIL_DELAY, reinterpret_cast<const void*>(do_not_wait));
    }
    PamSession(const PamSession&) = delete;
    PamSession& operator=(const PamSession&) = delete;
    ~PamSession() {
        if (handle_ != nullptr) ::pam_end(handle_, result_);
    }

    bool is_open() const { return handle_ != nullptr && result_ == PAM_SUCCESS; }
    // Nobody comes in without a password.
    bool is_let_in() {
        result_ = ::pam_authenticate(handle_, PAM_DISALLOW_NULL_AUTHTOK);
        if (result_ == PAM_SUCCESS) result_ = ::pam_acct_mgmt(handle_, PAM_DISALLOW_NULL_AUTHTOK);
        return result_ == PAM_SUCCESS;
    }
    // PAM may have made another one of it.
    std::string user() const {
        const void* name = nullptr;
        if (::pam_get_item(handle_, PAM_USER, &name) != PAM_SUCCESS || name == nullptr) return {};
        return static_cast<const char*>(name);
    }
    std::string error() const { return ::pam_strerror(handle_, result_); }
    bool is_out_of_order() const {
        constexpr int troubles[] = {PAM_OPEN_ERR, PAM_SYMBOL_ERR, PAM_SERVICE_ERR,
                                    PAM_BUF_ERR,  PAM_ABORT,      PAM_MODULE_UNKNOWN};
        return std::ranges::find(troubles, result_) != std::end(troubles);
    }

  private:
    void set(int item, const void* value) {
        if (result_ == PAM_SUCCESS) result_ = ::pam_set_item(handle_, item, value);
    }

    pam_conv talk_;
    pam_handle_t* handle_ = nullptr;
    int result_ = PAM_SUCCESS;
};

// By the user database, as at a login. Nothing: there is no such user.
std::optional<input::Peer> peer_called(const std::string& user) {
    const passwd* const entry = ::getpwnam(user.c_str());
    if (entry == nullptr) return std::nullopt;
    input::Peer peer{entry->pw_uid, 0, {}};
    const gid_t own = entry->pw_gid;
    constexpr int most = 65536;  // as many as Linux lets a process have
    int count = most;
    peer.groups.resize(most);
    if (::getgrouplist(user.c_str(), own, peer.groups.data(), &count) < 0) return std::nullopt;
    peer.groups.resize(static_cast<std::size_t>(count));
    return peer;
}

}  // namespace

LoginAnswer check_login(const LoginRules& rules, const LoginQuestion& question, std::string& why) {
    const ::group* const may_look = ::getgrnam(rules.group.c_str());
    if (may_look == nullptr) {
        why = "there is no group " + rules.group + ": \"systemd-sysusers\" makes it";
        return LoginAnswer::unavailable;
    }
    const gid_t group = may_look->gr_gid;
    PamSession pam(rules, question);
    if (!pam.is_open()) {
        why = "begin with PAM: " + pam.error();
        return LoginAnswer::unavailable;
    }
    if (!pam.is_let_in()) {
        why = "PAM: " + pam.error();
        return pam.is_out_of_order() ? LoginAnswer::unavailable : LoginAnswer::refused;
    }
    const std::string user = pam.user();
    const auto peer = peer_called(user);
    if (!peer || std::ranges::find(peer->groups, group) == peer->groups.end()) {
        why = "the password is right, but " + printable(user) + " is not in group " + rules.group;
        return LoginAnswer::refused;
    }
    return input::may_type(*peer, input::group_of_socket(rules.input_socket)) ? LoginAnswer::to_type
                                                                              : LoginAnswer::to_look;
}

}  // namespace vnc
