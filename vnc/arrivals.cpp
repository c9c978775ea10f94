#include "vnc/arrivals.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <span>
#include <utility>

namespace vnc {

void Arrivals::add(Listener::Caller caller, Time now) {
    arrivals_.push_back({std::move(caller), now, now + wait});
}

void Arrivals::watch(std::vector<pollfd>& watched) const {
    for (const Arrival& arrival : arrivals_) watched.push_back({arrival.caller.socket.get(), POLLIN, 0});
}

std::optional<Time> Arrivals::wake_at() const {
    if (arrivals_.empty()) return std::nullopt;
    return std::ranges::min_element(arrivals_, {}, &Arrival::decided_at)->decided_at;
}

std::vector<Arrivals::Decided> Arrivals::take(
    Time now, const std::function<bool(const std::string&)>& is_beside_browser) {
    std::vector<Decided> decided;
    // A browser opens connections in advance: the first one that speaks says what the others are.
    const auto waits_on = [&](Arrival& arrival) {
        const std::string& host = arrival.caller.host;
        const bool beside =
            is_beside_browser(host) || std::ranges::any_of(decided, [&host](const Decided& other) {
                return other.wants != Wants::vnc && other.caller.host == host;
            });
        if (now >= arrival.decided_at && beside) arrival.decided_at = arrival.came + wait_beside_browser;
        return now < arrival.decided_at;
    };
    for (auto arrival = arrivals_.begin(); arrival != arrivals_.end();) {
        std::uint8_t byte = 0;
        const ssize_t got = ::recv(arrival->caller.socket.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
        const bool is_silent = got < 0 && (errno == EAGAIN || errno == EINTR);
        if (is_silent && waits_on(*arrival)) {
            ++arrival;
            continue;
        }
        const Wants wants = wants_of(std::span(&byte, got > 0 ? 1U : 0U));
        decided.push_back({std::move(arrival->caller), wants});
        arrival = arrivals_.erase(arrival);
    }
    return decided;
}

}  // namespace vnc
