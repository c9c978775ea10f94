#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vnc/web_bridge.h"
#include "vnc/web_server.h"

struct lws_context;
struct lws_vhost;

namespace vnc {

// What the thread of a WebServer does: all that knows libwebsockets, and what WebBridge knows of it.
class WebService {
  public:
    WebService(WebOptions options, const Bell& bell);
    WebService(const WebService&) = delete;
    WebService& operator=(const WebService&) = delete;
    ~WebService();

    // Until stop().
    void run();

    // ---- for other threads
    void stop();
    // Of both threads.
    struct Shared {
        struct Incoming {
            hvfbd::Descriptor socket;
            WebBrowser browser;
        };
        std::vector<Incoming> incoming;
        std::vector<WebVisit> visits;
        std::set<unsigned> admitted;
        WebReport report;
        std::uint64_t version = 1;  // of the report
        bool stops = false;
    };
    template <typename Function>
    void look(Function function) {
        const std::lock_guard lock(mutex_);
        function(shared_);
    }
    // The same, and the thread is woken.
    template <typename Function>
    void exchange(Function function) {
        look(function);
        wake();
    }

    // What libwebsockets tells of a connection. Not 0: close it.
    int tell(lws* connection, int reason, std::span<std::uint8_t> bytes);

  private:
    struct Connection : WebObject {
        Connection(lws* of, const WebBrowser& how) : WebObject(Kind::connection), socket(of), browser(how) {}
        lws* socket;
        WebBrowser browser;
        std::string token;  // of its browser, once it has come for something else than the page
        WebBridge* bridge = nullptr;
        bool reads_reports = false, has_asked = false;
        std::uint64_t told = 0;  // which version of the report
    };

    void wake() const;
    bool turn();
    void adopt(Shared::Incoming incoming);
    void tell_reports();
    bool may_read_reports(const Connection& connection);
    std::string_view secret_for(const WebBrowser& browser) const;
    bool is_to_be_upgraded(Connection& connection, std::string_view protocol);
    bool open_bridge(Connection& connection);
    bool send_report(Connection& connection);
    void forget(lws* connection);

    const WebOptions options_;
    const Bell& bell_;
    const std::string machine_;
    lws_context* context_ = nullptr;
    lws_vhost* host_ = nullptr;
    std::mutex mutex_;
    Shared shared_;
    std::map<unsigned, std::unique_ptr<Connection>> connections_;
    std::set<WebBridge*> bridges_;
};

}  // namespace vnc
