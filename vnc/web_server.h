#pragma once

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "common/descriptor.h"
#include "vnc/bell.h"
#include "vnc/web_report.h"

namespace vnc {

class WebService;

struct WebOptions {
    std::string pages, novnc;  // folders
    std::string secret{};      // of those browsers that need one; empty: none does
};

// How a browser's connection came.
struct WebBrowser {
    unsigned number = 0;  // of the connection, the caller's
    bool is_in_tls = false;
    bool is_to_go_to_tls = false;  // it came without, and is told to come again with it
    bool needs_secret = false;     // it is shown the display if it knows the secret
};

// A WebSocket that was opened for VNC.
struct WebVisit {
    hvfbd::Descriptor socket;  // its bytes
    unsigned number;           // of its connection
};

// The page for browsers, and the WebSockets by which they see the display: libwebsockets, on a thread of its
// own that sleeps while nobody asks for anything. It takes connections that others accepted, and has no TLS
// of its own. All members are for the thread that made it.
class WebServer {
  public:
    // `bell` is rung when take_visits() has something. Throws std::system_error, std::runtime_error.
    WebServer(WebOptions options, const Bell& bell);
    WebServer(const WebServer&) = delete;
    WebServer& operator=(const WebServer&) = delete;
    // Ends all connections, and waits for the thread.
    ~WebServer();

    void adopt(hvfbd::Descriptor socket, WebBrowser browser);
    std::vector<WebVisit> take_visits();
    // Who is shown the display by this connection may read reports, until it is said to have left.
    void admitted(unsigned number);
    void left(unsigned number);
    // Those who have the page open are told at once.
    void publish(const WebReport& report);
    // They are told when they ask.
    void count(const WebReport& report);

  private:
    std::unique_ptr<WebService> service_;
    std::thread thread_;
};

}  // namespace vnc
