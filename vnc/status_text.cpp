#include "vnc/status_text.h"

#include <algorithm>
#include <cstddef>

namespace vnc {

std::string status_text(std::span<const std::string> names) {
    if (names.empty()) return "no client";
    constexpr std::size_t most = 8;
    std::string text = std::to_string(names.size()) + (names.size() == 1 ? " client: " : " clients: ");
    for (std::size_t i = 0; i < std::min(names.size(), most); ++i) text += (i > 0 ? "; " : "") + names[i];
    if (names.size() > most) text += "; and " + std::to_string(names.size() - most) + " more";
    return text;
}

}  // namespace vnc
