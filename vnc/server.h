#pragma once

#include <chrono>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/daemon_watch.h"
#include "vnc/arrivals.h"
#include "vnc/attachment.h"
#include "vnc/bell.h"
#include "vnc/client.h"
#include "vnc/display_state.h"
#include "vnc/display_view.h"
#include "vnc/entrance.h"
#include "vnc/listener.h"
#include "vnc/logins.h"
#include "vnc/occupancy.h"
#include "vnc/tls_identity.h"
#include "vnc/typists.h"
#include "vnc/visitors.h"
#include "vnc/web_server.h"

namespace vnc {

struct ServerOptions {
    Source source;
    std::string input;  // the socket of hvfb-inputd; empty: nobody types
    unsigned most_clients = 64;
    std::optional<std::chrono::microseconds> leave_after;  // without clients; nothing: stay
    // For clients of the network. None: they need no TLS and no login.
    std::shared_ptr<const TlsIdentity> identity;
    std::string login_socket;  // of hvfb-vnc-auth
    bool clients_choose_mode = false;
    std::optional<WebOptions> web;  // nothing: browsers get no page
};

// One display, shown to all who connect. It has the main thread: it takes clients, views the display while
// one of them looks, and tells each what changed; each has a thread of its own for what libvncserver does.
class Server {
  public:
    Server(ServerOptions options, std::vector<Listener> listeners);
    // Until a signal is readable from `signals`, or until it leaves for want of clients. Throws
    // std::exception for what waiting does not mend.
    void run(int signals);

  private:
    struct Entry {
        unsigned number;
        std::string name;
        std::unique_ptr<Client> client;
        // Of one that came by TLS; and of a browser, the connection and, where it logged in, its WebSocket.
        std::unique_ptr<Entrance> entrance, carrier;
        unsigned browser = 0;  // the number of that connection
    };

    bool turn(int signals);
    std::optional<Time> wake_at(Time now) const;
    void take_callers(const Listener& listener, Time now);
    void take_arrivals(Time now);
    bool needs_secret(const Listener::Caller& caller) const;
    void take_client(Listener::Caller caller, Time now);
    void take_browser(Listener::Caller caller, Wants wants, Time now);
    void advance_visitors(Time now);
    void take_visits(Time now);
    void admit(hvfbd::Descriptor socket, Entry entry, bool may_type, Time now);
    WebServer& web();
    bool has_room();
    ModeChange mode_change(unsigned client) const;
    void remove_ended(Time now);
    void update(Time now);
    bool somebody_looks() const;
    void attach(Time now);
    void detach();
    void take_frame(Time now);
    void note_frame(std::span<const hvfb_rect> rects, Time now);
    void watch_state();
    void take_state();
    void wait_for_daemon(Time now);
    void set_held(bool held);
    void tell_who_is_there();
    void tell_browsers();
    void say_trouble(const std::string& sentence);
    void say_shortage(const std::string& sentence);

    const ServerOptions options_;
    const std::vector<Listener> listeners_;
    const Bell bell_;
    Attachment attachment_;
    Occupancy occupancy_;
    std::unique_ptr<DisplayView> view_;
    std::unique_ptr<DisplayState> state_;        // of what is viewed, for browsers
    std::unique_ptr<hvfbd::DaemonWatch> watch_;  // while the daemon is waited for
    std::shared_ptr<const Picture> picture_;
    // What is viewed has not been seen yet: there will be another picture at once.
    bool held_ = true;
    Logins logins_;
    Arrivals arrivals_;
    Visitors visitors_;
    std::unique_ptr<WebServer> web_;  // once a browser has come
    WebReport report_;
    std::list<Entry> clients_;
    Typists typists_;
    unsigned connections_ = 0;
    bool said_full_ = false;
    Time no_callers_before_{};
    std::string trouble_, shortage_;
};

}  // namespace vnc
