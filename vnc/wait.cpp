#include "vnc/wait.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <limits>
#include <system_error>

namespace vnc {

void wait_for(std::span<pollfd> watched, std::optional<Time> at, Time now) {
    int timeout = -1;
    if (at) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(*at - now).count();
        timeout = static_cast<int>(std::clamp<long long>(left, 0, std::numeric_limits<int>::max()));
    }
    if (::poll(watched.data(), watched.size(), timeout) < 0 && errno != EINTR)
        throw std::system_error(errno, std::system_category(), "wait for clients");
}

}  // namespace vnc
