// What the guest says, and what the host answers.
#include <algorithm>
#include <array>
#include <numeric>

#include "hvhost/host.h"

namespace hvhost {

using namespace wire;

namespace {

// OpenVMM lists a monitor, "HyperVMonitor"; Linux does not look at it.
void write_edid(std::span<std::uint8_t, 128> edid) {
    constexpr std::array<std::uint8_t, 8> begin{0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0};
    constexpr std::array<std::uint8_t, 5> name{0, 0, 0, 0xfc, 0};
    constexpr std::string_view monitor = "HyperVMonitor";
    std::ranges::copy(begin, edid.begin());
    edid[18] = 1;  // EDID 1.4
    edid[19] = 4;
    std::ranges::copy(name, edid.begin() + 72);
    std::ranges::copy(monitor, edid.begin() + 77);
    edid[127] = static_cast<std::uint8_t>(-std::accumulate(edid.begin(), edid.end() - 1, 0));
}

}  // namespace

void Host::take_message(std::uint32_t type, std::span<const std::byte> body, Time now) {
    if (status_.state == State::version && type != version_request)
        return die("a message before the version");
    switch (type) {
        case version_request:
            return take_version(body, now);
        case vram_location:
            return take_vram(body, now);
        case situation_update:
            return take_situation(body, now);
        case pointer_position:
            ++status_.pointers;
            if (!prefix<PointerPosition>(body)) refuse_garbage("POINTER_POSITION is too short");
            return;
        case pointer_shape:
            return take_pointer_shape(body);
        case dirt:
            return take_dirt(body, now);
        case bios_info_request:
            return send(bios_info_response, bytes_of(BiosInfoResponse{1, {}}), now);
        case capability_request:
            return send(capability_response, bytes_of(CapabilityResponse{}), now);
        case resolution_request:
            return take_resolution_request(body, now);
        default:
            return refuse_garbage("unknown message type " + std::to_string(type));
    }
}

void Host::take_version(std::span<const std::byte> body, Time now) {
    auto request = prefix<VersionRequest>(body);
    if (!request) return refuse_garbage("VERSION_REQUEST is too short");
    if (status_.state != State::version) return die("a version is asked for again");
    std::uint32_t major = request->version & 0xffff, minor = request->version >> 16;
    bool accepted = major == 3 && (like_openvmm() || minor <= options_.max_minor);
    if (accepted) status_.state = State::active;
    send(version_response, bytes_of(VersionResponse{request->version, std::uint8_t(accepted ? 2 : 0), 1}),
         now);
    if (accepted && !like_openvmm()) say_features(now);
}

void Host::take_vram(std::span<const std::byte> body, Time now) {
    auto location = prefix<VramLocation>(body);
    if (!location) return refuse_garbage("VRAM_LOCATION is too short");
    vram_is_ours_ = location->is_vram_gpa_specified != 0 && location->vram_gpa == address_;
    if (!vram_is_ours_) complain("the video memory is not where the host has put it");
    send(vram_location_ack, bytes_of(Ack{location->user_ctx}), now);
}

void Host::take_situation(std::span<const std::byte> body, Time now) {
    auto situation = prefix<SituationUpdate>(body);
    if (!situation) return refuse_garbage("SITUATION_UPDATE is too short");
    ++status_.situations;
    if (situation->video_output_count != 1) complain("not one output");
    if (situation->active != 1) complain("the output is not active");
    if (situation->vram_offset != 0) complain("the picture does not begin where the video memory does");
    if (situation->depth_bits != 32) complain("not 32 bits a pixel");
    if (situation->pitch_bytes < std::uint64_t{situation->width} * 4 || situation->width == 0 ||
        situation->height == 0 ||
        std::uint64_t{situation->pitch_bytes} * situation->height > memory_.size()) {
        if (!guest_ring_spoiled_) ++status_.garbage;
        complain("the picture does not fit the video memory");
    } else if (situation->width != window_.width() || situation->height != window_.height() ||
               !status_.situated) {
        window_.resize(situation->width, situation->height, situation->pitch_bytes);
    }
    status_.situated = true;
    if (like_openvmm()) vnc_client_.resize(window_.width(), window_.height(), now);
    listener_.said("situation " + std::to_string(situation->width) + "x" + std::to_string(situation->height));
    if (options_.acknowledges) send(situation_update_ack, bytes_of(Ack{situation->user_ctx}), now);
}

// OpenVMM knows what it is, and looks no further.
void Host::take_pointer_shape(std::span<const std::byte> body) {
    auto shape = prefix<PointerShape>(body);
    if (!shape) return like_openvmm() ? void() : refuse_garbage("POINTER_SHAPE is too short");
    std::size_t pixels = body.size() - sizeof *shape;
    if (pixels % 4 != 0 || pixels / 4 != std::uint64_t{shape->width} * shape->height)
        complain("POINTER_SHAPE has not the pixels that it says");
}

void Host::take_dirt(std::span<const std::byte> body, Time now) {
    auto header = prefix<DirtHeader>(body);
    if (!header || body.size() < sizeof *header + std::size_t{header->dirt_count} * sizeof(DirtRect))
        return refuse_garbage("DIRT is shorter than its rectangles");
    if (header->dirt_count == 0) complain("DIRT without a rectangle");
    if (header->dirt_count > 1 && options_.one_rectangle) complain("DIRT with several rectangles");
    if (!status_.situated) complain("DIRT before the situation");
    if (guest_knows_hidden_ && !like_openvmm()) complain("DIRT while the window is hidden");
    ++status_.dirts;
    std::vector<DirtRect> rectangles;
    for (std::size_t i = 0; i < header->dirt_count; ++i) {
        auto rectangle = *prefix<DirtRect>(body.subspan(sizeof *header + i * sizeof(DirtRect)));
        if (rectangle.x2 <= rectangle.x1 || rectangle.y2 <= rectangle.y1 || rectangle.x1 < 0 ||
            rectangle.y1 < 0 || rectangle.x2 > static_cast<std::int64_t>(window_.width()) ||
            rectangle.y2 > static_cast<std::int64_t>(window_.height())) {
            if (!guest_ring_spoiled_) ++status_.garbage;
            complain("DIRT that is empty or not on the screen");
        }
        if (vram_is_ours_)
            status_.dirt_pixels +=
                window_.paint(memory_, rectangle.x1, rectangle.y1, rectangle.x2, rectangle.y2);
        listener_.dirt(rectangle);
        rectangles.push_back(rectangle);
    }
    if (like_openvmm()) vnc_client_.dirt(rectangles, now);
}

void Host::take_resolution_request(std::span<const std::byte> body, Time now) {
    auto request = prefix<ResolutionRequest>(body);
    if (!request) return refuse_garbage("RESOLUTION_REQUEST is too short");
    ResolutionResponse response{};
    if (like_openvmm()) write_edid(response.edid);
    std::size_t count = request->maximum_resolution_count < 64 ? 0 : options_.resolutions.size();
    response.resolution_count = static_cast<std::uint8_t>(count);
    response.default_resolution_index = options_.default_resolution;
    Bytes bytes(sizeof response + count * sizeof(Resolution));
    std::memcpy(bytes.data(), &response, sizeof response);
    if (count > 0)
        std::memcpy(bytes.data() + sizeof response, options_.resolutions.data(), count * sizeof(Resolution));
    send(resolution_response, bytes, now);
}

}  // namespace hvhost
