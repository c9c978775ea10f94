#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

// The wire as the host sees it. Written from the protocol's tables, and on purpose not shared with the
// daemon: a mistake of one side is not to hide the other's. Little-endian machines only, packed as on the
// wire.
namespace hvhost::wire {

static_assert(std::endian::native == std::endian::little);

#pragma pack(push, 1)
struct VmPacket {
    std::uint16_t type, offset8, len8, flags;
    std::uint64_t trans_id;
};
struct PipeHeader {
    std::uint32_t type, size;
};
struct Headers {
    std::uint32_t pipe_type, pipe_size, vid_type, vid_size;
};
struct VersionRequest {
    std::uint32_t version;
};
struct VersionResponse {
    std::uint32_t version;
    std::uint8_t is_accepted, max_video_outputs;
};
struct VramLocation {
    std::uint64_t user_ctx;
    std::uint8_t is_vram_gpa_specified;
    std::uint64_t vram_gpa;
};
struct Ack {
    std::uint64_t user_ctx;
};
struct SituationUpdate {
    std::uint64_t user_ctx;
    std::uint8_t video_output_count, active;
    std::uint32_t vram_offset;
    std::uint8_t depth_bits;
    std::uint32_t width, height, pitch_bytes;
};
struct PointerPosition {
    std::uint8_t is_visible, video_output;
    std::int32_t x, y;
};
struct PointerShape {
    std::uint8_t part_idx, is_argb;
    std::uint32_t width, height, hot_x, hot_y;
};
struct FeatureChange {
    std::uint8_t is_dirt_needed, is_ptr_pos_needed, is_ptr_shape_needed, is_situ_needed;
};
struct DirtHeader {
    std::uint8_t video_output, dirt_count;
};
struct DirtRect {
    std::int32_t x1, y1, x2, y2;  // x2, y2 exclusive
};
struct BiosInfoResponse {
    std::uint32_t stop_device_supported;
    std::uint8_t reserved[12];
};
struct CapabilityResponse {
    std::uint32_t lock_on_disconnect, reserved[15];
};
struct ResolutionRequest {
    std::uint8_t maximum_resolution_count;
};
struct ResolutionResponse {
    std::uint8_t edid[128], resolution_count, default_resolution_index, is_standard;
};
struct Resolution {
    std::uint16_t width, height;
};
#pragma pack(pop)

static_assert(sizeof(VmPacket) == 16 && sizeof(Headers) == 16 && sizeof(VersionResponse) == 6 &&
              sizeof(VramLocation) == 17 && sizeof(SituationUpdate) == 27 && sizeof(PointerPosition) == 10 &&
              sizeof(PointerShape) == 18 && sizeof(FeatureChange) == 4 && sizeof(DirtHeader) == 2 &&
              sizeof(DirtRect) == 16 && sizeof(BiosInfoResponse) == 16 && sizeof(CapabilityResponse) == 64 &&
              sizeof(ResolutionResponse) == 131 && sizeof(Resolution) == 4);

enum : std::uint16_t { in_band = 6, completion = 11 };
enum : std::uint32_t {
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
    bios_info_request = 11,
    bios_info_response = 12,
    resolution_request = 13,
    resolution_response = 14,
    capability_request = 15,
    capability_response = 16,
};

using Bytes = std::vector<std::byte>;

// The pixels of a rectangle, whatever a guest made of it; none of an empty one.
constexpr std::uint64_t area(const DirtRect& r) {
    if (r.x2 <= r.x1 || r.y2 <= r.y1) return 0;
    auto length = [](std::int32_t from, std::int32_t to) {
        return static_cast<std::uint64_t>(std::int64_t{to} - from);
    };
    return length(r.x1, r.x2) * length(r.y1, r.y2);
}

// The beginning of a body, if it is that long; whatever follows is tolerated.
template <typename Struct>
std::optional<Struct> prefix(std::span<const std::byte> body) {
    if (body.size() < sizeof(Struct)) return std::nullopt;
    Struct value;
    std::memcpy(&value, body.data(), sizeof value);
    return value;
}

// Headers and body of a message to the guest. The inner size counts the body alone, as OpenVMM has it, or its
// header as well, as Linux does.
inline Bytes message(std::uint32_t type, std::span<const std::byte> body, bool size_counts_header) {
    auto size = static_cast<std::uint32_t>(body.size());
    Headers headers{1, size + 8, type, size + (size_counts_header ? 8U : 0U)};
    Bytes bytes(sizeof headers + body.size());
    std::memcpy(bytes.data(), &headers, sizeof headers);
    if (!body.empty()) std::memcpy(bytes.data() + sizeof headers, body.data(), body.size());
    return bytes;
}

template <typename Struct>
std::span<const std::byte> bytes_of(const Struct& value) {
    return std::as_bytes(std::span(&value, 1));
}

}  // namespace hvhost::wire
