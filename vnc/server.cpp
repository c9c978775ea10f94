#include "vnc/server.h"

#include <poll.h>
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

#include "vnc/status_text.h"
#include "vnc/wait.h"
#include "vnc/who_gives_way.h"

namespace vnc {

namespace {

constexpr auto pause_after_shortage = std::chrono::seconds(1);
constexpr unsigned most_callers_a_turn = 16;
// Who has not logged in has a thread and a descriptor, for two minutes at most.
constexpr std::size_t most_visitors = 64;

std::string name_of_window(const Source& source) {
    std::array<char, HOST_NAME_MAX + 1> host{};
    std::string name = ::gethostname(host.data(), host.size() - 1) == 0 ? host.data() : "hvfbd";
    if (!source.display.empty()) name += " " + source.display;
    return name;
}

}  // namespace

void log(const std::string& sentence) {
    std::cerr << "hvfb-vnc: " + sentence + "\n" << std::flush;
}

Server::Server(ServerOptions options, std::vector<Listener> listeners)
    : options_(std::move(options)),
      listeners_(std::move(listeners)),
      occupancy_(options_.most_clients, options_.leave_after, std::chrono::steady_clock::now()),
      picture_(black_picture()),
      logins_(options_.login_socket),
      typists_(options_.input) {}

void Server::run(int signals) {
    sd_notify(0, "READY=1");
    tell_manager();
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
    enum Place : std::size_t { ending, clients, view, daemon, first_listener };
    std::vector<pollfd> watched(first_listener + listeners_.size());
    watched[ending] = {signals, POLLIN, 0};
    watched[clients] = {bell_.fd(), POLLIN, 0};
    // poll() ignores a negative descriptor.
    watched[view] = {view_ ? view_->fd() : -1, POLLIN, 0};
    watched[daemon] = watch_ ? pollfd{watch_->fd(), watch_->events(), 0} : pollfd{-1, 0, 0};
    for (std::size_t i = 0; i < listeners_.size(); ++i)
        watched[first_listener + i] = {now >= no_callers_before_ ? listeners_[i].fd() : -1, POLLIN, 0};
    wait_for(watched, wake_at(now), now);
    now = std::chrono::steady_clock::now();
    if (watched[ending].revents != 0) return false;
    if (watched[clients].revents != 0) bell_.silence();
    remove_ended(now);
    admit_visitors(now);
    if (watched[view].revents != 0) take_frame(now);
    if (watched[daemon].revents != 0) wait_for_daemon(now);
    for (std::size_t i = 0; i < listeners_.size(); ++i)
        if (watched[first_listener + i].revents != 0) take_callers(listeners_[i], now);
    return true;
}

std::optional<Time> Server::wake_at(Time now) const {
    std::optional<Time> at = attachment_.wake_at(now);
    const auto earlier = [&at](std::optional<Time> other) {
        if (other) at = std::min(at.value_or(*other), *other);
    };
    earlier(occupancy_.leaves_at());
    if (now < no_callers_before_) earlier(no_callers_before_);
    return at;
}

// ---- clients

void Server::take_callers(const Listener& listener, Time now) {
    try {
        // The others wait for the next turn.
        for (unsigned i = 0; i < most_callers_a_turn; ++i) {
            auto caller = listener.accept();
            if (!caller) return;
            take_caller(std::move(*caller), now);
        }
    } catch (const std::exception& error) {
        say_trouble(error.what());
        no_callers_before_ = now + pause_after_shortage;
    }
}

bool Server::has_room() {
    if (occupancy_.has_room()) return true;
    if (!std::exchange(said_full_, true))
        log("there are " + std::to_string(options_.most_clients) +
            " clients: more are refused (--max-clients)");
    return false;
}

void Server::take_caller(Listener::Caller caller, Time now) {
    if (!has_room()) return;
    if (caller.host.empty() || !options_.identity) {
        const bool may_type = typists_.may_type(caller.peer);
        admit({std::move(caller.socket), std::move(caller.name), may_type, nullptr}, now);
        return;
    }
    make_room_for_a_visitor(now);
    let_in(std::move(caller));
}

void Server::let_in(Listener::Caller caller) {
    Visitor visitor{std::move(caller.name), {}};
    visitor.entrance = std::make_unique<Entrance>(std::move(caller.socket), std::move(caller.host),
                                                  options_.identity, logins_, bell_);
    visitors_.push_back(std::move(visitor));
    occupancy_.visitor_came();
}

void Server::make_room_for_a_visitor(Time now) {
    if (visitors_.size() < most_visitors) return;
    std::vector<std::string> sources;
    for (const Visitor& visitor : visitors_) sources.push_back(source_of(visitor.entrance->address()));
    const auto one = std::next(visitors_.begin(), static_cast<std::ptrdiff_t>(who_gives_way(sources)));
    log(one->name + ": gave way to others, not logged in");
    visitors_.erase(one);
    occupancy_.visitor_left(now);
}

// Those who have logged in meanwhile; and those who never will.
void Server::admit_visitors(Time now) {
    for (auto visitor = visitors_.begin(); visitor != visitors_.end();) {
        auto admitted = visitor->entrance->admitted();
        if (!admitted && !visitor->entrance->has_ended()) {
            ++visitor;
            continue;
        }
        Visitor gone = std::move(*visitor);
        visitor = visitors_.erase(visitor);
        occupancy_.visitor_left(now);
        if (!admitted)
            log(gone.name + ": " + gone.entrance->end_reason());
        else if (has_room())
            admit({std::move(admitted->socket), gone.name + ", user " + admitted->user + ", " + admitted->tls,
                   admitted->may_type, std::move(gone.entrance)},
                  now);
    }
}

void Server::admit(Admission admission, Time now) {
    // So that the first picture that the client is told of has the size of the display.
    if (!view_) {
        attachment_.set_looked_at(true);
        if (attachment_.step(now) == Attachment::Step::attach) attach(now);
    }
    Entry entry{++connections_, std::move(admission.name), {}, std::move(admission.entrance)};
    const std::string who = "client " + std::to_string(entry.number) + " ";
    auto typist = admission.may_type
                      ? typists_.make([who](const std::string& sentence) { log(who + sentence); })
                      : nullptr;
    if (!typist) entry.name += ", to look only";
    entry.client = std::make_unique<Client>(std::move(admission.socket), picture_, held_,
                                            name_of_window(options_.source) + (typist ? "" : " (view only)"),
                                            bell_, mode_change(entry.number), std::move(typist));
    log(who + "connected: " + entry.name);
    clients_.push_back(std::move(entry));
    occupancy_.client_came();
    tell_manager();
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
        occupancy_.client_left(now);
        said_full_ = false;
        return true;
    });
    if (removed > 0) tell_manager();
}

// Who is connected. Where no service manager asked for it nothing is done.
void Server::tell_manager() const {
    std::vector<std::string> names;
    for (const Entry& entry : clients_) names.push_back(entry.name);
    sd_notify(0, ("STATUS=" + status_text(names)).c_str());
}

bool Server::somebody_looks() const {
    return std::ranges::any_of(clients_, [](const Entry& entry) { return entry.client->looks(); });
}

void Server::set_held(bool held) {
    held_ = held;
    for (const Entry& entry : clients_) entry.client->set_held(held);
}

// ---- the display

void Server::update(Time now) {
    attachment_.set_looked_at(somebody_looks());
    switch (attachment_.step(now)) {
        case Attachment::Step::attach:
            attach(now);
            break;
        case Attachment::Step::detach:
            detach();
            break;
        case Attachment::Step::rest:
            break;
    }
    if (!attachment_.waits_for_daemon())
        watch_.reset();
    else if (!watch_)
        wait_for_daemon(now);
}

void Server::attach(Time now) {
    int error = 0;
    std::string why;
    view_ = DisplayView::open(options_.source, error, why);
    if (view_) {
        attachment_.attached(now);
        trouble_.clear();
        // It is shown with its first frame; those who come meanwhile begin with its size.
        picture_ = view_->picture();
        return;
    }
    say_trouble(why);
    if (error == -EHOSTUNREACH)
        attachment_.no_daemon();
    else
        attachment_.failed(now);
    // There is nothing to wait for: the last picture is what there is.
    set_held(false);
}

void Server::detach() {
    view_.reset();
    attachment_.detached();
    set_held(true);
}

// One frame: where they come without end, clients are served between them.
void Server::take_frame(Time now) {
    std::span<const hvfb_rect> rects;
    const int result = view_->take(rects);
    if (result == -ETIME) return;
    if (result == 0) {
        picture_ = view_->picture();
        for (const Entry& entry : clients_) entry.client->show(picture_, rects);
        if (held_) set_held(false);
        return;
    }
    view_.reset();
    attachment_.lost(now);
    say_trouble(std::string(hvfb_strerror(result)) + ": clients keep the last picture");
}

// Watches for the daemon's name on the bus, or takes what came of it.
void Server::wait_for_daemon(Time now) {
    try {
        bool there = false;
        if (watch_) {
            there = watch_->take();
        } else {
            // Watched for before it is asked: it may come between.
            watch_ = std::make_unique<hvfbd::DaemonWatch>(options_.source.bus);
            there = watch_->is_there();
        }
        if (there) attachment_.daemon_came();
    } catch (const std::system_error& error) {
        watch_.reset();
        say_trouble(error.what());
        // As what may pass: a bus that is started again.
        attachment_.daemon_came();
        attachment_.failed(now);
    }
}

void Server::say_trouble(const std::string& sentence) {
    if (std::exchange(trouble_, sentence) != sentence) log(sentence);
}

}  // namespace vnc
