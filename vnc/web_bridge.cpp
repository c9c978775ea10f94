#include "vnc/web_bridge.h"

#include <libwebsockets.h>
#include <sys/socket.h>

#include <cerrno>

namespace vnc {

namespace {

// Once it goes round its loop: it is in the middle of telling something of another one.
void close_soon(lws* connection) {
    if (connection != nullptr) ::lws_set_timeout(connection, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
}

}  // namespace

bool WebBridge::take_from_web(std::span<const std::uint8_t> bytes) {
    if (inner_ == nullptr) return false;
    to_inner_.insert(to_inner_.end(), bytes.begin(), bytes.end());
    if (!send_to_inner()) return false;
    if (to_inner_.empty()) return true;
    ::lws_rx_flow_control(web_, 0);
    return ::lws_callback_on_writable(inner_) >= 0;
}

bool WebBridge::send_to_inner() {
    while (to_inner_from_ < to_inner_.size()) {
        const ssize_t sent = ::send(::lws_get_socket_fd(inner_), to_inner_.data() + to_inner_from_,
                                    to_inner_.size() - to_inner_from_, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0) return errno == EAGAIN;
        to_inner_from_ += static_cast<std::size_t>(sent);
    }
    to_inner_.clear();
    to_inner_from_ = 0;
    return true;
}

bool WebBridge::inner_is_writable() {
    if (!send_to_inner()) return false;
    if (!to_inner_.empty()) return ::lws_callback_on_writable(inner_) >= 0;
    if (web_ != nullptr) ::lws_rx_flow_control(web_, 1);
    return true;
}

bool WebBridge::inner_is_readable() {
    if (web_ == nullptr) return false;
    if (to_web_count_ > 0) return true;
    const ssize_t got = ::recv(::lws_get_socket_fd(inner_), to_web_.data() + before, room, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return true;
    if (got <= 0) return false;
    to_web_count_ = static_cast<std::size_t>(got);
    ::lws_rx_flow_control(inner_, 0);
    return ::lws_callback_on_writable(web_) >= 0;
}

bool WebBridge::web_is_writable() {
    static_assert(before >= LWS_PRE);
    if (to_web_count_ > 0) {
        const int count = static_cast<int>(to_web_count_);
        if (::lws_write(web_, to_web_.data() + before, to_web_count_, LWS_WRITE_BINARY) < count) return false;
        to_web_count_ = 0;
        if (inner_ != nullptr) ::lws_rx_flow_control(inner_, 1);
    }
    return !inner_ended_;
}

bool WebBridge::web_is_gone() {
    web_ = nullptr;
    close_soon(inner_);
    return inner_ == nullptr;
}

bool WebBridge::inner_is_gone() {
    inner_ = nullptr;
    inner_ended_ = true;
    // What came last is sent before.
    if (web_ != nullptr) ::lws_callback_on_writable(web_);
    return web_ == nullptr;
}

}  // namespace vnc
