#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace vnc {

// Which of those who have not logged in yet goes where there are too many: of the source that has the most,
// the one that came first. So whoever fills the places hinders themselves, and nobody else for long.
// `sources` are in the order in which they came; there is one.
inline std::size_t who_gives_way(std::span<const std::string> sources) {
    std::size_t chosen = 0, most = 0;
    for (std::size_t i = 0; i < sources.size(); ++i) {
        std::size_t count = 0;
        for (const std::string& one : sources) count += one == sources[i] ? 1 : 0;
        if (count > most) most = count, chosen = i;
    }
    return chosen;
}

}  // namespace vnc
