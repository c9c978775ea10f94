#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/layout.h"
#include "clients/client.h"

// The saved state of surfaces and viewers: what the next process of the daemon needs to restore them, beside
// their descriptors. Values only.
namespace hvfbd {

// Under what names the descriptors of a peer are stored.
struct PeerNames {
    std::string channel, process;
};

struct SavedClient {
    std::string bus_name;
    std::uint32_t uid = 0, pid = 0;
    bool has_process = false;  // there is a pidfd of it
    bool operator==(const SavedClient&) const = default;
};

// What its client's HELLO said.
struct Handshake {
    bool made = false;
    std::uint32_t flags = 0;
    bool operator==(const Handshake&) const = default;
};

// A buffer that is offered and not taken.
struct SavedOffer {
    std::uint64_t serial = 0;
    Layout layout;
    bool operator==(const SavedOffer&) const = default;
};

struct SavedSurface {
    SurfaceNumber number = 0;
    std::string name;
    bool explicit_damage = false, keep = false;
    bool background = false;  // its layer
    std::uint32_t uid = 0;
    Layout layout;                  // of the shadow
    std::uint64_t shadow = 0;       // its serial
    std::uint64_t last_shadow = 0;  // the newest serial that was used
    std::optional<SavedOffer> offer;
    std::optional<SavedOffer> replaced;  // the one before it, that may have been taken all the same
    std::uint64_t connection = 0;        // how many clients it has had
    std::optional<SavedClient> client;
    Handshake handshake;
    std::optional<std::uint64_t> frame;  // that its client asked for, and was not answered
    bool operator==(const SavedSurface&) const = default;

    std::string shadow_name(std::uint64_t serial) const {
        return "surface" + std::to_string(number) + ".shadow" + std::to_string(serial);
    }
    PeerNames peer_names() const {
        std::string who = "surface" + std::to_string(number), which = std::to_string(connection);
        return {who + ".channel" + which, who + ".process" + which};
    }
};

struct SavedViewer {
    unsigned number = 0;
    SavedClient client;
    bool handshake_complete = false;
    bool operator==(const SavedViewer&) const = default;

    PeerNames peer_names() const {
        std::string who = "viewer" + std::to_string(number);
        return {who + ".channel", who + ".process"};
    }
};

}  // namespace hvfbd
