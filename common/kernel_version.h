#pragma once

#include <optional>
#include <string_view>

#include "common/numbers.h"

namespace hvfbd {

struct KernelVersion {
    unsigned major = 0, minor = 0;

    // clang-tidy 14 takes the 0 in what the compiler makes of it for a pointer.
    auto operator<=>(const KernelVersion&) const = default;  // NOLINT(modernize-use-nullptr)
};

// The version at the beginning of a release of the kernel: 6.1 of "6.1.0-18-amd64". Nothing: there is none.
inline std::optional<KernelVersion> kernel_version(std::string_view release) {
    const auto major = leading_number<unsigned>(release);
    if (!major || !major->second.starts_with('.')) return std::nullopt;
    const auto minor = leading_number<unsigned>(major->second.substr(1));
    if (!minor) return std::nullopt;
    return KernelVersion{major->first, minor->first};
}

}  // namespace hvfbd
