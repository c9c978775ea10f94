#include "vnc/server.h"

#include <poll.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstddef>
#include <exception>
#include <iostream>
#include <iterator>
#include <span>
#include <system_error>
#include <utility>

#include "vnc/log.h"
#include "vnc/refusal.h"
#include "vnc/status_text.h"
#include "vnc/wait.h"

namespace vnc {

namespace {

constexpr auto pause_after_shortage = std::chrono::seconds(1);
constexpr unsigned most_callers_a_turn = 16;

std::string name_of_window(const Source& source) {
    std::array<char, HOST_NAME_MAX + 1> host{};
    std::string name = ::gethostname(host.data(), host.size() - 1) == 0 ? host.data() : "hvfbd";
    if (!source.display.empty()) name += " " + source.display;
    return name;
}

}  // namespace

Server::Server(ServerOptions options, std::vector<Listener> listeners)
    : options_(std::move(options)),
      listeners_(std::move(listeners)),
      occupancy_(options_.most_clients, options_.leave_after, std::chrono::steady_clock::now()),
      picture_(black_picture()),
      logins_(options_.login_socket),
      visitors_(options_.identity, logins_, bell_, occupancy_),
      typists_(options_.input) {}

void Server::run(int signals) {
    sd_notify(0, "READY=1");
    tell_who_is_there();
    while (turn(signals)) {
    }
    if (!clients_.empty()) log("ends, with " + std::to_string(clients_.size()) + " clients");
}

// False: the end.
bool Server::turn(int signals) {
    Time now = std::chrono::steady_clock::now();
    update(now);
    const auto leaves_at = occupancy_.leaves_at();
    if (leaves_at && now >= *leaves_at) return false;
    enum Place : std::size_t { ending, clients, view, state, daemon, first_listener };
    std::vector<pollfd> watched(first_listener + listeners_.size());
    watched[ending] = {signals, POLLIN, 0};
    watched[clients] = {bell_.fd(), POLLIN, 0};
    // poll() ignores a negative descriptor.
    watched[view] = {view_ ? view_->fd() : -1, POLLIN, 0};
    watched[state] = state_ ? pollfd{state_->fd(), state_->events(), 0} : pollfd{-1, 0, 0};
    watched[daemon] = watch_ ? pollfd{watch_->fd(), watch_->events(), 0} : pollfd{-1, 0, 0};
    for (std::size_t i = 0; i < listeners_.size(); ++i)
        watched[first_listener + i] = {
            now >= no_callers_before_ && arrivals_.has_room() ? listeners_[i].fd() : -1, POLLIN, 0};
    arrivals_.watch(watched);
    wait_for(watched, wake_at(now), now);
    now = std::chrono::steady_clock::now();
    if (watched[ending].revents != 0) return false;
    if (watched[clients].revents != 0) bell_.silence();
    remove_ended(now);
    advance_visitors(now);
    take_visits(now);
    if (watched[view].revents != 0) take_frame(now);
    if (watched[state].revents != 0) take_state();
    if (watched[daemon].revents != 0) wait_for_daemon(now);
    for (std::size_t i = 0; i < listeners_.size(); ++i)
        if (watched[first_listener + i].revents != 0) take_callers(listeners_[i], now);
    take_arrivals(now);
    return true;
}

std::optional<Time> Server::wake_at(Time now) const {
    std::optional<Time> at = attachment_.wake_at(now);
    const auto earlier = [&at](std::optional<Time> other) {
        if (other) at = std::min(at.value_or(*other), *other);
    };
    earlier(occupancy_.leaves_at());
    earlier(arrivals_.wake_at());
    if (now < no_callers_before_) earlier(no_callers_before_);
    return at;
}

// ---- clients

void Server::take_callers(const Listener& listener, Time now) {
    try {
        // The others wait for the next turn.
        for (unsigned i = 0; i < most_callers_a_turn && arrivals_.has_room(); ++i) {
            auto caller = listener.accept();
            if (!caller) return;
            arrivals_.add(std::move(*caller), now);
            occupancy_.visitor_came();
        }
    } catch (const std::exception& error) {
        say_shortage(error.what());
        no_callers_before_ = now + pause_after_shortage;
    }
}

void Server::say_shortage(const std::string& sentence) {
    if (std::exchange(shortage_, sentence) != sentence) log(sentence);
}

bool Server::has_room() {
    if (occupancy_.has_room()) return true;
    if (!std::exchange(said_full_, true))
        log("there are " + std::to_string(options_.most_clients) +
            " clients: more are refused (--max-clients)");
    return false;
}

void Server::take_arrivals(Time now) {
    const auto is_beside_browser = [this](const std::string& host) { return visitors_.has_browser_of(host); };
    for (Arrivals::Decided& one : arrivals_.take(now, is_beside_browser)) {
        occupancy_.visitor_left(now);
        try {
            if (one.wants == Wants::vnc || !options_.web)
                take_client(std::move(one.caller), now);
            else
                take_browser(std::move(one.caller), one.wants, now);
        } catch (const std::exception& error) {
            say_shortage(error.what());
            no_callers_before_ = now + pause_after_shortage;
        }
    }
}

// Nothing else says who it is.
bool Server::needs_secret(const Listener::Caller& caller) const {
    return !caller.host.empty() && options_.web && !options_.web->secret.empty();
}

void Server::take_client(Listener::Caller caller, Time now) {
    if (!has_room()) return;
    if (needs_secret(caller)) {
        log(caller.name + ": a VNC client, which has no way to say the secret (--web-secret)");
        const std::string told = refusal("open the address with the secret in a browser");
        (void)::send(caller.socket.get(), told.data(), told.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        return;
    }
    if (caller.host.empty() || !options_.identity) {
        const bool may_type = typists_.may_type(caller.peer);
        admit(std::move(caller.socket), {0, std::move(caller.name), {}, {}, {}, 0}, may_type, now);
        return;
    }
    visitors_.let_in(Entrance::Way::vencrypt, std::move(caller), {}, now);
}

void Server::take_browser(Listener::Caller caller, Wants wants, Time now) {
    const bool is_served_by_tls = !caller.host.empty() && options_.identity;
    if (wants == Wants::tls && !is_served_by_tls) {
        log(caller.name + ": speaks TLS, which is not served here: http:// is");
        return;
    }
    const bool shows_secret = needs_secret(caller);
    const Visitors::Manner manner{is_served_by_tls && wants == Wants::http, shows_secret,
                                  shows_secret || typists_.may_type(caller.peer)};
    visitors_.let_in(wants == Wants::tls ? Entrance::Way::browser_tls : Entrance::Way::browser,
                     std::move(caller), manner, now);
}

WebServer& Server::web() {
    if (!web_) {
        web_ = std::make_unique<WebServer>(*options_.web, bell_);
        web_->publish(report_);
        if (view_) watch_state();
    }
    return *web_;
}

// Those who have logged in meanwhile, connections of browsers that can be served; and those who never will.
void Server::advance_visitors(Time now) {
    for (Visitors::Step& step : visitors_.advanced()) {
        Visitors::Visitor& visitor = *step.visitor;
        const Entrance::Way way = visitor.entrance->way();
        if (way == Entrance::Way::browser || way == Entrance::Way::browser_tls) {
            web().adopt(std::move(step.admitted.socket),
                        {visitor.number, way == Entrance::Way::browser_tls, visitor.manner.is_to_go_to_tls,
                         visitor.manner.needs_secret});
            continue;
        }
        if (!has_room()) continue;
        auto gone = visitors_.take(visitor.number, now);
        std::string name = gone->name + ", user " + step.admitted.user + ", " +
                           (gone->carrier ? "by a browser" : step.admitted.tls);
        const unsigned browser = gone->carrier ? gone->number : 0;
        admit(std::move(step.admitted.socket),
              {0, std::move(name), {}, std::move(gone->entrance), std::move(gone->carrier), browser},
              step.admitted.may_type, now);
    }
    visitors_.remove_ended(now);
}

// Browsers that have opened a WebSocket to see the display.
void Server::take_visits(Time now) {
    if (!web_) return;
    for (WebVisit& visit : web_->take_visits()) {
        if (!has_room()) continue;
        auto visitor = visitors_.take(visit.number, now);
        if (!visitor) continue;
        if (visitor->entrance->way() == Entrance::Way::browser_tls)
            visitors_.ask_for_login(std::move(*visitor), std::move(visit.socket));
        else
            admit(std::move(visit.socket),
                  {0, visitor->name + ", by a browser", {}, {}, std::move(visitor->entrance), visit.number},
                  visitor->manner.may_type, now);
    }
}

void Server::admit(hvfbd::Descriptor socket, Entry entry, bool may_type, Time now) {
    // So that the first picture that the client is told of has the size of the display.
    if (!view_) {
        attachment_.set_looked_at(true);
        if (attachment_.step(now) == Attachment::Step::attach) attach(now);
    }
    entry.number = ++connections_;
    const std::string who = "client " + std::to_string(entry.number) + " ";
    auto typist =
        may_type ? typists_.make([who](const std::string& sentence) { log(who + sentence); }) : nullptr;
    if (!typist) entry.name += ", to look only";
    // Before its thread says something of it.
    log(who + "connected: " + entry.name);
    entry.client =
        std::make_unique<Client>(std::move(socket), picture_, held_, name_of_window(options_.source), bell_,
                                 mode_change(entry.number), std::move(typist), entry.browser != 0);
    if (entry.browser != 0) web().admitted(entry.browser);
    clients_.push_back(std::move(entry));
    occupancy_.client_came();
    tell_who_is_there();
}

// It outlives nobody: a client's thread ends before the server.
ModeChange Server::mode_change(unsigned client) const {
    if (!options_.clients_choose_mode) return {};
    return [this, client](unsigned width, unsigned height) {
        std::string why;
        const ModeAnswer answer = request_mode(options_.source, width, height, why);
        const std::string mode = std::to_string(width) + "x" + std::to_string(height);
        log("client " + std::to_string(client) +
            (answer == ModeAnswer::changed ? " chose the mode " + mode
                                           : " did not get the mode " + mode + ": " + why));
        return answer;
    };
}

void Server::remove_ended(Time now) {
    const auto removed = std::erase_if(clients_, [this, now](Entry& entry) {
        if (!entry.client->has_ended()) return false;
        log("client " + std::to_string(entry.number) + " " + entry.client->end_reason());
        if (entry.browser != 0) web_->left(entry.browser);
        occupancy_.client_left(now);
        said_full_ = false;
        return true;
    });
    if (removed > 0) tell_who_is_there();
}

// The service manager, where one asked for it, and browsers.
void Server::tell_who_is_there() {
    std::vector<std::string> names;
    for (const Entry& entry : clients_) names.push_back(entry.name);
    sd_notify(0, ("STATUS=" + status_text(names)).c_str());
    report_.viewers = std::move(names);
    tell_browsers();
}

void Server::tell_browsers() {
    report_.trouble = trouble_;
    report_.note = state_ ? state_->note() : std::string();
    report_.width = picture_->layout.width;
    report_.height = picture_->layout.height;
    if (web_) web_->publish(report_);
}

}  // namespace vnc
