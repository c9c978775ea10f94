#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/layout.h"
#include "clients/client.h"

// What a surface and a viewer must know of themselves to go on in the next process of the daemon, beside
// their descriptors. Values only.
namespace hvfbd {

struct KeptClient {
    std::string bus_name;
    std::uint32_t uid = 0, pid = 0;
    bool has_process = false;  // there is a pidfd of it
    bool operator==(const KeptClient&) const = default;
};

// What its client's HELLO said.
struct Introduction {
    bool made = false;
    std::uint32_t flags = 0;
    bool operator==(const Introduction&) const = default;
};

// A buffer that is offered and not taken.
struct KeptOffer {
    std::uint64_t serial = 0;
    Layout layout;
    bool operator==(const KeptOffer&) const = default;
};

struct KeptSurface {
    SurfaceNumber number = 0;
    std::string name;
    bool explicit_damage = false, keep = false;
    std::uint32_t uid = 0;
    Layout layout;                  // of the shadow
    std::uint64_t shadow = 0;       // its serial
    std::uint64_t last_shadow = 0;  // the newest serial that was used
    std::optional<KeptOffer> offer;
    std::optional<KeptOffer> replaced;  // the one before it, that may have been taken all the same
    std::uint64_t connection = 0;       // how many clients it has had
    std::optional<KeptClient> client;
    Introduction introduction;
    bool operator==(const KeptSurface&) const = default;

    std::string shadow_name(std::uint64_t serial) const {
        return "surface" + std::to_string(number) + ".shadow" + std::to_string(serial);
    }
    std::string channel_name() const {
        return "surface" + std::to_string(number) + ".channel" + std::to_string(connection);
    }
    std::string process_name() const {
        return "surface" + std::to_string(number) + ".process" + std::to_string(connection);
    }
};

struct KeptViewer {
    unsigned number = 0;
    KeptClient client;
    bool introduced = false;
    bool operator==(const KeptViewer&) const = default;

    std::string channel_name() const { return "viewer" + std::to_string(number) + ".channel"; }
    std::string process_name() const { return "viewer" + std::to_string(number) + ".process"; }
};

}  // namespace hvfbd
