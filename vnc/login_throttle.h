#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>

#include "vnc/look_state.h"

namespace vnc {

// How often passwords may be tried from one address, however many connections it has. Is given the time.
//
// Each login reserves its time. The next from there comes a moment later, or, after failures, some seconds:
// twice as many with each, up to half a minute. A login that succeeds, or a quarter of an hour without any,
// forgets the failures.
class LoginThrottle {
  public:
    // When that login may be checked. `source` is what is slowed down together: see source_of(). After
    // `latest` nothing is reserved: whoever comes without end has nobody wait longer than that.
    Time reserve(const std::string& source, Time now, Time latest);
    void failed(const std::string& source, Time now);
    void succeeded(const std::string& source);

    std::size_t sources() const { return sources_.size(); }

    static constexpr auto usual = std::chrono::milliseconds(100);
    static constexpr auto after_failure = std::chrono::seconds(1), longest = std::chrono::seconds(30);
    static constexpr auto remembered = std::chrono::minutes(15);
    static constexpr std::size_t most_sources = 4096;

  private:
    struct Source {
        unsigned failures = 0;
        Time next{}, used{};
    };

    Source& source(const std::string& name, Time now);

    std::map<std::string, Source> sources_;
};

// An address of IPv4 as it is; of IPv6 the network of 64 bits, which usually is one machine's, or one home's.
std::string source_of(const std::string& address);

}  // namespace vnc
