#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "base/layout.h"
#include "base/rectangle.h"

// The messages of the synthetic video device, between pipe header and ring: little-endian, packed. Pure.
// Layouts: drivers/gpu/drm/hyperv/hyperv_drm_proto.c of Linux, vm/devices/uidevices/src/video/protocol.rs of
// OpenVMM.
namespace hvfbd::hyperv::synthvid {

enum class Type : std::uint32_t {
    version_request = 1,
    version_response = 2,
    vram_location = 3,
    vram_location_ack = 4,
    situation_update = 5,
    situation_update_ack = 6,
    pointer_position = 7,
    pointer_shape = 8,
    feature_change = 9,
    dirt = 10,
    resolution_request = 13,
    resolution_response = 14,
};

// minor << 16 | major
inline constexpr std::uint32_t version_3_2 = 0x00020003, version_3_5 = 0x00050003;
// OpenVMM answers with no resolution at all if asked for fewer.
inline constexpr std::uint8_t most_resolutions = 64;
inline constexpr std::size_t most_rectangles = 255;  // in one DIRT

// What a guest sends: whole pipe messages, header and all. `out` is replaced, and keeps its capacity.
void encode_version_request(std::uint32_t version, std::vector<std::byte>& out);
void encode_resolution_request(std::vector<std::byte>& out);
void encode_vram_location(std::uint64_t context, std::uint64_t address, std::vector<std::byte>& out);
// 32 bits a pixel, rows without padding, at the beginning of the video memory.
void encode_situation_update(std::uint64_t context, Mode mode, std::vector<std::byte>& out);
// Hides the pointer: "visible", with the shape below. (Invisible "doesn't work in tests":
// hyperv_drm_proto.c.)
void encode_hidden_pointer_position(std::vector<std::byte>& out);
void encode_hidden_pointer_shape(std::vector<std::byte>& out);
// At most most_rectangles, none empty.
void encode_dirt(std::span<const Rectangle> rectangles, std::vector<std::byte>& out);
// How many bytes that makes.
constexpr std::size_t dirt_size(std::size_t rectangles) {
    return 16 + 2 + 16 * rectangles;
}

// What a guest receives.
struct VersionResponse {
    std::uint32_t version = 0;
    bool accepted = false;
};
struct VramLocationAck {
    std::uint64_t context = 0;
};
struct SituationUpdateAck {
    std::uint64_t context = 0;
};
struct FeatureChange {
    bool dirt = false, pointer_position = false, pointer_shape = false, situation = false;  // needed
};
struct ResolutionResponse {
    std::array<Mode, most_resolutions> modes;
    std::size_t count = 0, preferred = 0;  // preferred == count: none is
    std::span<const Mode> span() const { return std::span(modes).first(count); }
};
// A type that is not for a guest, or that this version does not know: ignored.
struct Unknown {
    std::uint32_t type = 0;
};
// `why` is a whole clause for the log, in static storage.
struct Malformed {
    std::string_view why;
};
using Received = std::variant<VersionResponse, VramLocationAck, SituationUpdateAck, FeatureChange,
                              ResolutionResponse, Unknown, Malformed>;

// Any bytes: the payload of a packet. Bounded by its length alone: the inner size counts the inner header in
// some hosts and does not in others.
Received decode(std::span<const std::byte> packet);

}  // namespace hvfbd::hyperv::synthvid
