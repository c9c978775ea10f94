#include "vnc/login_throttle.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace vnc {

LoginThrottle::Source& LoginThrottle::source(const std::string& name, Time now) {
    const auto known = sources_.find(name);
    if (known == sources_.end() && sources_.size() >= most_sources) {
        std::erase_if(sources_, [now](const auto& one) { return one.second.used + remembered < now; });
        // Who has failed least is forgotten first, and of those the one that is away longest.
        if (sources_.size() >= most_sources)
            sources_.erase(std::ranges::min_element(sources_, [](const auto& one, const auto& other) {
                return one.second.failures != other.second.failures
                           ? one.second.failures < other.second.failures
                           : one.second.used < other.second.used;
            }));
    }
    Source& found = sources_[name];
    if (found.used + remembered < now) found = {};
    found.used = std::max(found.used, now);
    return found;
}

Time LoginThrottle::reserve(const std::string& source_name, Time now, Time latest) {
    Source& one = source(source_name, now);
    const Time at = std::max(now, one.next);
    if (at > latest) return at;
    std::chrono::milliseconds pause = usual;
    if (one.failures > 0) {
        pause = after_failure;
        for (unsigned i = 1; i < one.failures && pause < longest; ++i) pause *= 2;
        pause = std::min<std::chrono::milliseconds>(pause, longest);
    }
    one.next = at + pause;
    one.used = one.next;
    return at;
}

void LoginThrottle::failed(const std::string& source_name, Time now) {
    Source& one = source(source_name, now);
    ++one.failures;
    one.next = std::max(one.next, now + after_failure);
}

void LoginThrottle::succeeded(const std::string& source_name) {
    const auto known = sources_.find(source_name);
    if (known != sources_.end()) known->second.failures = 0;
}

std::string source_of(const std::string& address) {
    in6_addr six{};
    const std::string number = address.substr(0, address.find('%'));
    if (::inet_pton(AF_INET6, number.c_str(), &six) != 1) return address;
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (IN6_IS_ADDR_V4MAPPED(&six)) {
        constexpr std::size_t four = 12;
        ::inet_ntop(AF_INET, &six.s6_addr[four], text.data(), text.size());
        return text.data();
    }
    constexpr std::size_t network = 8;
    std::fill(std::begin(six.s6_addr) + network, std::end(six.s6_addr), 0);
    ::inet_ntop(AF_INET6, &six, text.data(), text.size());
    return std::string(text.data()) + "/64";
}

}  // namespace vnc
