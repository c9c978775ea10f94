#include "vnc/web_service.h"

#include <libwebsockets.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <exception>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "vnc/web_pages.h"
#include "vnc/web_request.h"

namespace vnc {

namespace {

constexpr const char *pages = "page", *for_vnc = "binary", *for_reports = "hvfb-report", *for_inner = "inner";
constexpr std::string_view path_for_vnc = "/vnc", path_for_reports = "/report";
constexpr std::size_t most_read = 4096;

// Seconds for a request to come in, for what is sent to be taken, and between two requests.
constexpr int time_for_request = 15, time_between_requests = 30;

int call(lws* connection, lws_callback_reasons reason, void* /*user*/, void* bytes, size_t count) {
    const ::lws_context* const context = ::lws_get_context(connection);
    auto* const service = static_cast<WebService*>(::lws_context_user(const_cast<::lws_context*>(context)));
    if (service == nullptr) return 0;
    try {
        return service->tell(connection, reason,
                             {static_cast<std::uint8_t*>(bytes), bytes == nullptr ? 0 : count});
    } catch (const std::exception&) {
        // No memory, no descriptor: this one ends.
        return -1;
    }
}

constexpr lws_protocols protocol(const char* name) {
    return {name, call, 0, most_read, 0, nullptr, 0};
}
const std::array<lws_protocols, 5> protocols = {protocol(pages), protocol(for_vnc), protocol(for_reports),
                                                protocol(for_inner), lws_protocols{}};

// The page has all from here, and is in nobody else's.
const lws_protocol_vhost_options policy_header = {
    nullptr, nullptr, "content-security-policy:",
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src "
    "'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"};
const lws_protocol_vhost_options sniff_header = {&policy_header, nullptr,
                                                 "x-content-type-options:", "nosniff"};
const lws_protocol_vhost_options referrer_header = {&sniff_header, nullptr,
                                                    "referrer-policy:", "no-referrer"};
const lws_protocol_vhost_options opener_header = {&referrer_header, nullptr,
                                                  "cross-origin-opener-policy:", "same-origin"};
// Without it libwebsockets asks each WebSocket from time to time whether it is there; TCP does that.
const lws_retry_bo_t no_questions = {nullptr, 0, 0, 0, 0, 0};

std::string name_of_machine() {
    std::array<char, HOST_NAME_MAX + 1> host{};
    return ::gethostname(host.data(), host.size() - 1) == 0 ? host.data() : "";
}

}  // namespace

WebService::WebService(WebOptions options, const Bell& bell)
    : options_(std::move(options)), bell_(bell), machine_(name_of_machine()) {
    ::lws_set_log_level(0, nullptr);
    lws_context_creation_info info{};
    info.port = CONTEXT_PORT_NO_LISTEN;
    info.protocols = protocols.data();
    info.headers = &opener_header;
    info.server_string = "hvfb-vnc";
    info.retry_and_idle_policy = &no_questions;
    info.timeout_secs = time_for_request;
    info.timeout_secs_ah_idle = time_for_request;
    info.keepalive_timeout = time_between_requests;
    info.gid = info.uid = -1;
    info.user = this;
    info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
    context_ = ::lws_create_context(&info);
    if (context_ == nullptr) throw std::runtime_error("begin to serve browsers: libwebsockets does not");
    host_ = ::lws_create_vhost(context_, &info);
    if (host_ != nullptr) return;
    ::lws_context_destroy(context_);
    throw std::runtime_error("begin to serve browsers: libwebsockets has no room");
}

WebService::~WebService() {
    ::lws_context_destroy(context_);
}

void WebService::wake() const {
    ::lws_cancel_service(context_);
}

void WebService::stop() {
    exchange([](Shared& shared) { shared.stops = true; });
}

void WebService::run() {
    while (turn() && ::lws_service(context_, 0) >= 0) {
    }
}

bool WebService::turn() {
    std::vector<Shared::Incoming> incoming;
    bool stops = false;
    look([&](Shared& shared) {
        incoming = std::exchange(shared.incoming, {});
        stops = shared.stops;
    });
    if (stops) return false;
    for (Shared::Incoming& one : incoming) adopt(std::move(one));
    tell_reports();
    return true;
}

void WebService::adopt(Shared::Incoming incoming) {
    auto connection = std::make_unique<Connection>(nullptr, incoming.browser);
    lws_adopt_desc_t how{};
    how.vh = host_;
    how.type = static_cast<lws_adoption_type>(LWS_ADOPT_HTTP | LWS_ADOPT_SOCKET);
    // Closed by libwebsockets, also where it does not take it.
    how.fd.sockfd = incoming.socket.release();
    how.opaque = static_cast<WebObject*>(connection.get());
    Connection& kept = *(connections_[incoming.browser.number] = std::move(connection));
    kept.socket = ::lws_adopt_descriptor_vhost_via_info(&how);
    if (kept.socket == nullptr) connections_.erase(incoming.browser.number);
}

// ---- what libwebsockets tells

int WebService::tell(lws* connection, int reason, std::span<std::uint8_t> bytes) {
    auto* const object = static_cast<WebObject*>(::lws_get_opaque_user_data(connection));
    if (object == nullptr) return 0;
    if (object->kind == WebObject::Kind::bridge) {
        auto* const bridge = static_cast<WebBridge*>(object);
        if (!bridges_.contains(bridge)) return 0;
        switch (reason) {
            case LWS_CALLBACK_RAW_RX_FILE:
                return bridge->inner_is_readable() ? 0 : -1;
            case LWS_CALLBACK_RAW_WRITEABLE_FILE:
                return bridge->inner_is_writable() ? 0 : -1;
            case LWS_CALLBACK_RAW_CLOSE_FILE:
                if (bridge->inner_is_gone()) bridges_.erase(bridge), delete bridge;
                return 0;
            default:
                return 0;
        }
    }
    auto& from = *static_cast<Connection*>(object);
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    switch (reason) {
        case LWS_CALLBACK_HTTP:
            from.socket = connection;
            // So that the page can tell it from a server that is not there.
            if (from.browser.needs_secret && text.starts_with(path_for_vnc) &&
                !is_path_of_socket(text, path_for_vnc, options_.secret))
                return refuse_page(connection);
            return answer_page(connection, options_, from.browser, text);
        case LWS_CALLBACK_HTTP_FILE_COMPLETION:
            return finish_answer(connection);
        case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
            // Its length is not said.
            return std::string_view(static_cast<const char*>(static_cast<void*>(bytes.data()))) == "websocket"
                       ? 0
                       : -1;
        case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
            from.socket = connection;
            return is_to_be_upgraded(from, ::lws_get_protocol(connection)->name) ? 0 : -1;
        case LWS_CALLBACK_ESTABLISHED:
            if (::lws_get_protocol(connection)->name == std::string_view(for_vnc))
                return open_bridge(from) ? 0 : -1;
            from.reads_reports = true;
            ::lws_callback_on_writable(connection);
            return 0;
        case LWS_CALLBACK_RECEIVE:
            if (from.bridge != nullptr) return from.bridge->take_from_web(bytes) ? 0 : -1;
            from.has_asked = true;
            ::lws_callback_on_writable(connection);
            return 0;
        case LWS_CALLBACK_SERVER_WRITEABLE:
            if (from.bridge != nullptr) return from.bridge->web_is_writable() ? 0 : -1;
            return send_report(from) ? 0 : -1;
        case LWS_CALLBACK_WSI_DESTROY:
            forget(connection);
            return 0;
        default:
            return 0;
    }
}

void WebService::forget(lws* connection) {
    auto* const object = static_cast<WebObject*>(::lws_get_opaque_user_data(connection));
    auto& gone = *static_cast<Connection*>(object);
    if (gone.bridge != nullptr && gone.bridge->web_is_gone()) {
        bridges_.erase(gone.bridge);
        delete gone.bridge;
    }
    ::lws_set_opaque_user_data(connection, nullptr);
    connections_.erase(gone.browser.number);
}

// ---- WebSockets

std::string_view WebService::secret_for(const WebBrowser& browser) const {
    return browser.needs_secret ? options_.secret : std::string_view();
}

bool WebService::is_to_be_upgraded(Connection& connection, std::string_view protocol) {
    if (connection.browser.is_to_go_to_tls) return false;
    const std::string host = web_header(connection.socket, WSI_TOKEN_HOST);
    const int origin_size = ::lws_hdr_total_length(connection.socket, WSI_TOKEN_ORIGIN);
    const std::string origin = web_header(connection.socket, WSI_TOKEN_ORIGIN);
    if ((origin_size > 0 && origin.empty()) || !is_of_own_page(origin, host)) return false;
    // Without a login, whoever's page it is must have been opened by a name of this machine.
    if (!connection.browser.is_in_tls && !origin.empty() && !is_name_of_own(host, machine_)) return false;
    connection.token = web_token(connection.socket);
    const std::string path = web_header(connection.socket, WSI_TOKEN_GET_URI);
    const std::string_view secret = secret_for(connection.browser);
    if (protocol == for_vnc) return is_path_of_socket(path, path_for_vnc, secret);
    return protocol == for_reports && is_path_of_socket(path, path_for_reports, secret) &&
           may_read_reports(connection);
}

bool WebService::may_read_reports(const Connection& connection) {
    if (!connection.browser.is_in_tls) return true;
    if (connection.token.empty()) return false;
    std::set<unsigned> admitted;
    look([&](const Shared& shared) { admitted = shared.admitted; });
    return std::ranges::any_of(admitted, [&](unsigned number) {
        const auto found = connections_.find(number);
        return found != connections_.end() && found->second->token == connection.token;
    });
}

bool WebService::open_bridge(Connection& connection) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) < 0) return false;
    hvfbd::Descriptor outer(ends[1]);
    auto bridge = std::make_unique<WebBridge>(connection.socket);
    lws_adopt_desc_t how{};
    how.vh = host_;
    how.type = LWS_ADOPT_RAW_FILE_DESC;
    how.fd.filefd = ends[0];
    how.vh_prot_name = for_inner;
    how.opaque = static_cast<WebObject*>(bridge.get());
    bridges_.insert(bridge.get());
    lws* const inner = ::lws_adopt_descriptor_vhost_via_info(&how);
    if (inner == nullptr) {
        bridges_.erase(bridge.get());
        return false;
    }
    bridge->set_inner(inner);
    connection.bridge = bridge.release();
    look([&](Shared& shared) { shared.visits.push_back({std::move(outer), connection.browser.number}); });
    bell_.ring();
    return true;
}

// ---- reports

void WebService::tell_reports() {
    std::uint64_t version = 0;
    look([&](const Shared& shared) { version = shared.version; });
    for (const auto& [number, connection] : connections_) {
        if (!connection->reads_reports) continue;
        if (!may_read_reports(*connection))
            ::lws_set_timeout(connection->socket, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
        else if (connection->told != version)
            ::lws_callback_on_writable(connection->socket);
    }
}

bool WebService::send_report(Connection& connection) {
    WebReport report;
    std::uint64_t version = 0;
    look([&](const Shared& shared) {
        report = shared.report;
        version = shared.version;
    });
    if (!connection.reads_reports || (connection.told == version && !connection.has_asked)) return true;
    connection.told = version;
    connection.has_asked = false;
    const std::string text = report_text(report, std::chrono::steady_clock::now());
    std::vector<unsigned char> bytes(LWS_PRE);
    bytes.insert(bytes.end(), text.begin(), text.end());
    return ::lws_write(connection.socket, bytes.data() + LWS_PRE, text.size(), LWS_WRITE_TEXT) >=
           static_cast<int>(text.size());
}

}  // namespace vnc
