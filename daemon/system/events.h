#pragma once

#include <spdlog/common.h>

#include <string_view>

namespace hvfbd {

// What administrators and their programs look for in the journal, and `journalctl -x` explains
// (units/hvfbd.catalog).
struct Event {
    std::string_view name;  // HVFBD_EVENT=
    std::string_view id;    // MESSAGE_ID=, made by `systemd-id128 new`; never used for anything else
    spdlog::level::level_enum level;
};

namespace events {

using namespace spdlog::level;

inline constexpr Event ready{"ready", "16cbea633ff843348468483603a8248d", info};
inline constexpr Event layout_changed{"layout-changed", "b91a933b710842be9bdadd73eba7d70c", info};
inline constexpr Event shown{"shown", "b074ac772d894712abd6d3fea8f58e9d", info};
inline constexpr Event hidden{"hidden", "f23092f1743b4fb2a47f8e1f741dee92", info};
// Of the output: it cannot be used for now, its host was given up; and how it stands otherwise.
inline constexpr Event output_trouble{"output-trouble", "1b8c4113747e4371a7b4336d2f797f99", warn};
inline constexpr Event output_news{"output-news", "bd21f8ac414a41f8be26c863339b07d2", info};
// A client may delay the kernel's faults in its own memory from now on: docs/security.md.
inline constexpr Event userfaultfd_given{"userfaultfd-given", "bd1d9203b9124b6dbabad53c5478c1c2", info};
// A client or viewer broke the protocol.
inline constexpr Event peer_hung_up{"peer-hung-up", "8047994eb1824cf9b30bcb9a9ef099f3", warn};
inline constexpr Event configuration_warning{"configuration-warning", "8b6f31ce81fa44f59764f011a4945c81",
                                             warn};
// The daemon ends, since it cannot do what it is for.
inline constexpr Event failed{"failed", "bc55c4cd98664313a6a40d972470e62e", critical};

}  // namespace events

}  // namespace hvfbd
