#include "hvhost/host.h"

#include <array>

namespace hvhost {

using namespace wire;

Host::Host(Options options, std::span<std::byte> video_memory, Listener& listener, Mischief* mischief)
    : options_(std::move(options)), memory_(video_memory), listener_(listener), mischief_(mischief) {}

void Host::opened(std::span<std::byte> rings, std::uint64_t address, Time now) {
    rings_.emplace(rings);
    address_ = address;
    status_.state = State::version;
    status_.situated = false;
    ++status_.sessions;
    vram_is_ours_ = false;
    guest_knows_hidden_ = false;
    guest_ring_spoiled_ = false;
    window_.forget();
    listener_.said("opened");
    if (mischief_) mischief_->opened(*this);
    if (rings_) drain(now);
}

void Host::closed() {
    rings_.reset();
    status_.state = State::closed;
    listener_.said("closed");
}

std::optional<Time> Host::wake_at() const {
    return mischief_ && rings_ ? mischief_->wake_at() : std::nullopt;
}

void Host::tick(Time now) {
    if (mischief_ && rings_) mischief_->tick(*this, now);
}

void Host::doorbell(Time now) {
    ++status_.doorbells;
    // Hosts may take signals for nothing as an attack.
    if (rings_ && !stalled_ && rings_->empty()) ++status_.needless_doorbells;
    drain(now);
}

void Host::stall(bool stalled, Time now) {
    stalled_ = stalled;
    drain(now);
}

void Host::drain(Time now) {
    if (!rings_ || stalled_ || status_.state == State::dead) return;
    // Asked before the ring is emptied: whatever the guest sent before it took the message lies there by now.
    bool guest_knew = !status_.shown && rings_->all_taken();
    Rings::Packet packet;
    do {
        rings_->hold_signals();
        for (;;) {
            Rings::Taken taken = rings_->take(packet);
            if (taken == Rings::Taken::none) break;
            if (taken == Rings::Taken::corrupt) {
                refuse_garbage("the ring is corrupt");
                return;
            }
            take(packet, now);
            if (!rings_ || status_.state == State::dead) return;
        }
    } while (rings_->release_signals());
    guest_knows_hidden_ = guest_knows_hidden_ || guest_knew;
}

void Host::take(const Rings::Packet& packet, Time now) {
    if (packet.descriptor.type != in_band) return refuse_garbage("a packet that is not in-band");
    if ((packet.descriptor.flags & ~1U) != 0) return refuse_garbage("unknown packet flags");
    auto headers = prefix<Headers>(packet.payload);
    if (!headers) return refuse_garbage("a packet shorter than its headers");
    if (headers->pipe_type != 1) return refuse_garbage("the pipe's type is not data");
    if (headers->pipe_size < 8 || headers->pipe_size > 16384 ||
        headers->pipe_size + 8 > packet.payload.size())
        return refuse_garbage("the pipe's size is wrong");
    if (packet.payload.size() - headers->pipe_size - 8 >= 8)
        return refuse_garbage("the packet is longer than its message");
    std::span<const std::byte> body =
        std::span(packet.payload).subspan(sizeof(Headers), headers->pipe_size - 8);
    if (headers->vid_size != headers->pipe_size) complain("the inner size is not that of header and body");
    ++status_.messages;
    take_message(headers->vid_type, body, now);
}

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
        case pointer_shape: {
            auto shape = prefix<PointerShape>(body);
            if (!shape) return refuse_garbage("POINTER_SHAPE is too short");
            if (body.size() != sizeof *shape + std::size_t{shape->width} * shape->height * 4)
                complain("POINTER_SHAPE has not the pixels that it says");
            return;
        }
        case dirt:
            return take_dirt(body);
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
    bool accepted = major == 3 && minor <= options_.max_minor;
    if (accepted) status_.state = State::active;
    send(version_response, bytes_of(VersionResponse{request->version, std::uint8_t(accepted ? 2 : 0), 1}),
         now);
    if (accepted && options_.like == Options::Like::windows) say_features(now);
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
    listener_.said("situation " + std::to_string(situation->width) + "x" + std::to_string(situation->height));
    if (options_.acknowledges) send(situation_update_ack, bytes_of(Ack{situation->user_ctx}), now);
}

void Host::take_dirt(std::span<const std::byte> body) {
    auto header = prefix<DirtHeader>(body);
    if (!header || body.size() < sizeof *header + std::size_t{header->dirt_count} * sizeof(DirtRect))
        return refuse_garbage("DIRT is shorter than its rectangles");
    if (header->dirt_count == 0) complain("DIRT without a rectangle");
    if (header->dirt_count > 1 && options_.one_rectangle) complain("DIRT with several rectangles");
    if (!status_.situated) complain("DIRT before the situation");
    if (guest_knows_hidden_ && options_.like == Options::Like::windows)
        complain("DIRT while the window is hidden");
    ++status_.dirts;
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
    }
}

void Host::take_resolution_request(std::span<const std::byte> body, Time now) {
    auto request = prefix<ResolutionRequest>(body);
    if (!request) return refuse_garbage("RESOLUTION_REQUEST is too short");
    ResolutionResponse response{};
    std::size_t count = request->maximum_resolution_count < 64 ? 0 : options_.resolutions.size();
    response.resolution_count = static_cast<std::uint8_t>(count);
    response.default_resolution_index = options_.default_resolution;
    Bytes bytes(sizeof response + count * sizeof(Resolution));
    std::memcpy(bytes.data(), &response, sizeof response);
    if (count > 0)
        std::memcpy(bytes.data() + sizeof response, options_.resolutions.data(), count * sizeof(Resolution));
    send(resolution_response, bytes, now);
}

void Host::show(Time now) {
    status_.shown = true;
    guest_knows_hidden_ = false;
    // OpenVMM has no word for it, and keeps its picture. What a real host keeps is not known: this one keeps
    // nothing.
    if (options_.like == Options::Like::openvmm) return;
    window_.forget();
    say_features(now);
}

void Host::hide(Time now) {
    status_.shown = false;
    if (options_.like == Options::Like::windows) say_features(now);
}

wire::Bytes Host::feature_change(bool needed) const {
    std::uint8_t flag = needed ? 1 : 0;
    FeatureChange features{flag, flag, flag, flag};
    Bytes body(sizeof features + (options_.long_feature_change ? 128 : 0));
    std::memcpy(body.data(), &features, sizeof features);
    return message(wire::feature_change, body, options_.like == Options::Like::windows);
}

void Host::say_features(Time now) {
    if (status_.state == State::active) transmit(feature_change(status_.shown), now);
}

void Host::send(std::uint32_t type, std::span<const std::byte> body, Time now) {
    transmit(message(type, body, options_.like == Options::Like::windows), now);
}

void Host::transmit(const Bytes& message, Time now) {
    if (!rings_) return;
    if (mischief_)
        mischief_->transmit(*this, message, now);
    else
        put(message);
}

void Host::put(std::span<const std::byte> payload, std::uint16_t type) {
    auto signal = rings_ ? rings_->put(payload, type) : std::nullopt;
    if (signal.value_or(false)) interrupt();
}

void Host::put_raw(std::span<const std::byte> packet) {
    if (rings_ && rings_->put_raw(packet)) interrupt();
}

void Host::interrupt() {
    ++status_.interrupts;
    listener_.interrupt();
}

void Host::die(const std::string& why) {
    status_.state = State::dead;
    listener_.said("dead: " + why);
}

void Host::refuse_garbage(const std::string& what) {
    if (!guest_ring_spoiled_) ++status_.garbage;
    die(what);
}

void Host::complain(const std::string& what) {
    ++status_.complaints;
    listener_.said("complaint: " + what);
}

}  // namespace hvhost
