#include "output/hyperv/synthvid.h"

#include <algorithm>
#include <concepts>

namespace hvfbd::hyperv::synthvid {

namespace {

constexpr std::uint32_t pipe_data = 1;  // PIPE_MSG_DATA
constexpr std::size_t header_size = 8;  // of the pipe's header, and of the message's

// Appends little-endian numbers to a message, whose sizes it fills in at the end.
class Writer {
  public:
    Writer(Type type, std::vector<std::byte>& out) : out_(out) {
        out_.clear();
        put(pipe_data);
        put(std::uint32_t{0});
        put(static_cast<std::uint32_t>(type));
        put(std::uint32_t{0});
    }
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;
    ~Writer() {
        auto size = static_cast<std::uint32_t>(out_.size() - header_size);
        put_at(4, size);
        put_at(12, size);
    }

    template <std::integral Number>
    void put(Number value) {
        out_.resize(out_.size() + sizeof value);
        put_at(out_.size() - sizeof value, value);
    }

  private:
    template <std::integral Number>
    void put_at(std::size_t at, Number value) {
        auto bits = static_cast<std::make_unsigned_t<Number>>(value);
        for (std::size_t i = 0; i < sizeof value; ++i)
            out_[at + i] = static_cast<std::byte>(static_cast<std::uint64_t>(bits) >> (8 * i));
    }

    std::vector<std::byte>& out_;
};

template <std::unsigned_integral Number>
Number get(std::span<const std::byte> bytes, std::size_t at) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < sizeof(Number); ++i)
        value |= std::to_integer<std::uint64_t>(bytes[at + i]) << (8 * i);
    return static_cast<Number>(value);
}

Received decode_resolutions(std::span<const std::byte> body) {
    constexpr std::size_t count_at = 128, fixed = 131;
    if (body.size() < fixed) return Malformed{"RESOLUTION_RESPONSE is shorter than 131 bytes"};
    ResolutionResponse response;
    response.count = get<std::uint8_t>(body, count_at);
    if (response.count > most_resolutions)
        return Malformed{"RESOLUTION_RESPONSE has more than 64 resolutions"};
    if (body.size() < fixed + 4 * response.count)
        return Malformed{"RESOLUTION_RESPONSE is shorter than its resolutions"};
    for (std::size_t i = 0; i < response.count; ++i)
        response.modes[i] = {get<std::uint16_t>(body, fixed + 4 * i),
                             get<std::uint16_t>(body, fixed + 4 * i + 2)};
    response.preferred = std::min<std::size_t>(get<std::uint8_t>(body, count_at + 1), response.count);
    return response;
}

}  // namespace

void encode_version_request(std::uint32_t version, std::vector<std::byte>& out) {
    Writer writer(Type::version_request, out);
    writer.put(version);
}

void encode_resolution_request(std::vector<std::byte>& out) {
    Writer writer(Type::resolution_request, out);
    writer.put(most_resolutions);
}

void encode_vram_location(std::uint64_t context, std::uint64_t address, std::vector<std::byte>& out) {
    Writer writer(Type::vram_location, out);
    writer.put(context);
    writer.put(std::uint8_t{1});  // an address follows
    writer.put(address);
}

void encode_situation_update(std::uint64_t context, Mode mode, std::vector<std::byte>& out) {
    Writer writer(Type::situation_update, out);
    writer.put(context);
    writer.put(std::uint8_t{1});   // one output
    writer.put(std::uint8_t{1});   // active
    writer.put(std::uint32_t{0});  // offset in the video memory
    writer.put(std::uint8_t{32});  // bits a pixel
    writer.put(mode.width);
    writer.put(mode.height);
    writer.put(mode.width * bytes_per_pixel);
}

void encode_hidden_pointer_position(std::vector<std::byte>& out) {
    Writer writer(Type::pointer_position, out);
    writer.put(std::uint8_t{1});  // visible
    writer.put(std::uint8_t{0});  // output
    writer.put(std::int32_t{0});
    writer.put(std::int32_t{0});
}

void encode_hidden_pointer_shape(std::vector<std::byte>& out) {
    Writer writer(Type::pointer_shape, out);
    writer.put(std::uint8_t{0xff});  // the last part
    writer.put(std::uint8_t{1});     // ARGB
    writer.put(std::uint32_t{1});    // width, height
    writer.put(std::uint32_t{1});
    writer.put(std::uint32_t{0});  // hot spot
    writer.put(std::uint32_t{0});
    for (std::uint8_t value : std::array<std::uint8_t, 4>{0, 1, 1, 1}) writer.put(value);
}

void encode_dirt(std::span<const Rectangle> rectangles, std::vector<std::byte>& out) {
    Writer writer(Type::dirt, out);
    writer.put(std::uint8_t{0});  // output
    writer.put(static_cast<std::uint8_t>(rectangles.size()));
    for (const Rectangle& rectangle : rectangles) {
        writer.put(rectangle.left);
        writer.put(rectangle.top);
        writer.put(rectangle.right);
        writer.put(rectangle.bottom);
    }
}

Received decode(std::span<const std::byte> packet) {
    if (packet.size() < 2 * header_size) return Malformed{"a packet is shorter than its headers"};
    if (get<std::uint32_t>(packet, 0) != pipe_data) return Malformed{"a packet holds no pipe data"};
    auto type = get<std::uint32_t>(packet, header_size);
    std::span<const std::byte> body = packet.subspan(2 * header_size);
    switch (static_cast<Type>(type)) {
        case Type::version_response:
            if (body.size() < 6) return Malformed{"VERSION_RESPONSE is shorter than 6 bytes"};
            return VersionResponse{get<std::uint32_t>(body, 0), get<std::uint8_t>(body, 4) != 0};
        case Type::vram_location_ack:
            if (body.size() < 8) return Malformed{"VRAM_LOCATION_ACK is shorter than 8 bytes"};
            return VramLocationAck{get<std::uint64_t>(body, 0)};
        case Type::situation_update_ack:
            if (body.size() < 8) return Malformed{"SITUATION_UPDATE_ACK is shorter than 8 bytes"};
            return SituationUpdateAck{get<std::uint64_t>(body, 0)};
        case Type::feature_change:
            // A newer kind has 128 bytes more, an EDID.
            if (body.size() < 4) return Malformed{"FEATURE_CHANGE is shorter than 4 bytes"};
            return FeatureChange{get<std::uint8_t>(body, 0) != 0, get<std::uint8_t>(body, 1) != 0,
                                 get<std::uint8_t>(body, 2) != 0, get<std::uint8_t>(body, 3) != 0};
        case Type::resolution_response:
            return decode_resolutions(body);
        default:
            return Unknown{type};
    }
}

}  // namespace hvfbd::hyperv::synthvid
