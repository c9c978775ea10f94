#include "vnc/visitors.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "vnc/log.h"
#include "vnc/who_gives_way.h"

namespace vnc {

namespace {

bool carries_browser(Entrance::Way way) {
    return way == Entrance::Way::browser || way == Entrance::Way::browser_tls;
}

}  // namespace

Visitors::Visitors(std::shared_ptr<const TlsIdentity> identity, Logins& logins, const Bell& bell,
                   Occupancy& occupancy)
    : identity_(std::move(identity)), logins_(logins), bell_(bell), occupancy_(occupancy) {}

void Visitors::make_room(Time now) {
    if (visitors_.size() < most) return;
    std::vector<std::string> sources;
    for (const Visitor& visitor : visitors_) sources.push_back(source_of(visitor.entrance->address()));
    const auto one = std::next(visitors_.begin(), static_cast<std::ptrdiff_t>(who_gives_way(sources)));
    log(one->name + ": gave way to others, not logged in");
    visitors_.erase(one);
    occupancy_.visitor_left(now);
}

void Visitors::let_in(Entrance::Way way, Listener::Caller caller, Manner manner, Time now) {
    make_room(now);
    auto entrance = std::make_unique<Entrance>(way, std::move(caller.socket), std::move(caller.host),
                                               identity_, logins_, bell_);
    visitors_.push_back({std::move(caller.name), ++last_number_, std::move(entrance), nullptr, manner});
    occupancy_.visitor_came();
}

void Visitors::ask_for_login(Visitor browser, hvfbd::Descriptor socket) {
    auto entrance = std::make_unique<Entrance>(Entrance::Way::browser_login, std::move(socket),
                                               browser.entrance->address(), nullptr, logins_, bell_);
    browser.carrier = std::exchange(browser.entrance, std::move(entrance));
    visitors_.push_back(std::move(browser));
    occupancy_.visitor_came();
}

bool Visitors::has_browser_of(const std::string& address) const {
    return std::ranges::any_of(visitors_, [&address](const Visitor& visitor) {
        return carries_browser(visitor.entrance->way()) && visitor.entrance->address() == address;
    });
}

std::optional<Visitors::Visitor> Visitors::take(unsigned number, Time now) {
    const auto found = std::ranges::find(visitors_, number, &Visitor::number);
    if (found == visitors_.end()) return std::nullopt;
    Visitor taken = std::move(*found);
    visitors_.erase(found);
    occupancy_.visitor_left(now);
    return taken;
}

std::vector<Visitors::Step> Visitors::advanced() {
    std::vector<Step> steps;
    for (Visitor& visitor : visitors_)
        if (auto admitted = visitor.entrance->admitted()) steps.push_back({&visitor, std::move(*admitted)});
    return steps;
}

void Visitors::remove_ended(Time now) {
    for (auto visitor = visitors_.begin(); visitor != visitors_.end();) {
        if (!visitor->entrance->has_ended()) {
            ++visitor;
            continue;
        }
        const std::string& reason = visitor->entrance->end_reason();
        // A browser's connections come and go.
        if (!carries_browser(visitor->entrance->way()) || reason != "left")
            log(visitor->name + ": " + reason);
        if (visitor->carrier) {
            // By it the browser hears why. It ends when that is said.
            visitor->entrance = std::move(visitor->carrier);
            ++visitor;
            continue;
        }
        visitor = visitors_.erase(visitor);
        occupancy_.visitor_left(now);
    }
}

}  // namespace vnc
