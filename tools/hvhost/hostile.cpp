#include "hvhost/hostile.h"

#include <algorithm>
#include <array>

namespace hvhost {

namespace {

constexpr std::array<std::uint32_t, 12> wild{0,    1,       4,        7,          8,          24,
                                             4096, 0x10000, 0x1ff000, 0x7fffffff, 0x80000000, 0xffffffff};

}  // namespace

Hostile::Hostile(std::uint64_t seed) : random_(seed) {
    good_ = seed % 3 == 0 ? 4 + pick(3) : pick(4);
    deeds_left_ = static_cast<unsigned>(1 + pick(12));
}

void Hostile::opened(Host& host) {
    if (pick(8) == 0) spoil_ring(host);
}

wire::Bytes Hostile::noise(std::size_t size) {
    wire::Bytes bytes(size);
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random_());
    return bytes;
}

// A list that lies about itself.
wire::Bytes Hostile::resolutions(const Host& host) {
    wire::ResolutionResponse response{};
    std::size_t sent = pick(80);
    response.resolution_count = static_cast<std::uint8_t>(pick(2) ? sent : pick(256));
    response.default_resolution_index = static_cast<std::uint8_t>(pick(2) ? pick(sent + 1) : pick(256));
    wire::Bytes body(sizeof response);
    std::memcpy(body.data(), &response, sizeof response);
    for (std::size_t i = 0; i < sent; ++i) {
        constexpr std::array<std::uint16_t, 8> sides{0, 1, 480, 640, 800, 1024, 8192, 65535};
        wire::Resolution resolution{sides[pick(8)], sides[pick(8)]};
        auto bytes = wire::bytes_of(resolution);
        body.insert(body.end(), bytes.begin(), bytes.end());
    }
    return wire::message(wire::resolution_response, body, host.options().like == Options::Like::windows);
}

wire::Bytes Hostile::spoiled(const Host& host, wire::Bytes message) {
    switch (pick(9)) {
        case 0:  // cut short
            message.resize(pick(message.size() + 1));
            break;
        case 1: {  // more than there should be
            auto more = noise(pick(pick(4) == 0 ? 16000 : 200));
            message.insert(message.end(), more.begin(), more.end());
            break;
        }
        case 2:  // a few bits
            for (std::uint64_t flips = 1 + pick(8); flips > 0 && !message.empty(); --flips)
                message[pick(message.size())] ^= static_cast<std::byte>(1U << pick(8));
            break;
        case 3:  // sizes and types
        case 4:
            if (message.size() >= 16) {
                std::uint32_t value =
                    pick(2) ? wild[pick(wild.size())] : static_cast<std::uint32_t>(pick(18));
                std::memcpy(message.data() + 4 * pick(4), &value, sizeof value);
            }
            break;
        case 5:
            return resolutions(host);
        case 6:
            return noise(pick(300));
        case 7: {  // another step's answer
            constexpr std::array<std::uint32_t, 5> types{2, 4, 6, 9, 14};
            auto body = noise(pick(200));
            return wire::message(types[pick(types.size())], body, pick(2) == 0);
        }
        default:
            return last_;
    }
    return message;
}

void Hostile::spoil_ring(Host& host) {
    std::span<std::byte> ring = host.rings()->to_guest();
    if (pick(3) == 0) {
        ring = host.rings()->memory();
        host.guest_ring_is_spoiled();
    }
    switch (pick(4)) {
        case 0: {  // an index, a mask, a size, the features
            std::uint32_t value = pick(2) ? wild[pick(wild.size())] : static_cast<std::uint32_t>(random_());
            std::memcpy(ring.data() + 4 * pick(4), &value, sizeof value);
            break;
        }
        case 1: {  // the whole header
            auto bytes = noise(128);
            std::copy(bytes.begin(), bytes.end(), ring.begin());
            break;
        }
        case 2: {  // what lies in the data
            auto bytes = noise(1 + pick(512));
            std::copy(bytes.begin(), bytes.end(),
                      ring.begin() + static_cast<std::ptrdiff_t>(4096 + 8 * pick(64)));
            break;
        }
        default: {  // a descriptor that cannot be
            wire::VmPacket packet{static_cast<std::uint16_t>(pick(16)),
                                  static_cast<std::uint16_t>(pick(2) ? pick(6) : random_()),
                                  static_cast<std::uint16_t>(pick(2) ? pick(6) : random_()),
                                  static_cast<std::uint16_t>(pick(4)), random_()};
            wire::Bytes bytes(8 * (2 + pick(40)));
            std::memcpy(bytes.data(), &packet, sizeof packet);
            host.put_raw(bytes);
        }
    }
    host.interrupt();
}

void Hostile::transmit(Host& host, const wire::Bytes& message, Time now) {
    if (good_ > 0) {
        --good_;
        last_ = message;
        host.put(message);
    } else {
        switch (pick(12)) {
            case 0:  // never
                break;
            case 1:  // twice
                host.put(message);
                host.put(message);
                break;
            case 2:  // late
                late_.emplace_back(now + std::chrono::milliseconds(1 + pick(30)), message);
                break;
            case 3:  // after something else
                host.put(spoiled(host, message));
                host.put(message);
                break;
            case 4:  // as another kind of packet
                host.put(message, static_cast<std::uint16_t>(pick(16)));
                break;
            case 5:
                spoil_ring(host);
                break;
            case 6:
            case 7:
                host.put(message);
                break;
            default:
                host.put(spoiled(host, message));
        }
        last_ = message;
    }
    if (!next_deed_) next_deed_ = now + std::chrono::milliseconds(1 + pick(4));
}

std::optional<Time> Hostile::wake_at() const {
    std::optional<Time> at = next_deed_;
    for (const auto& [time, message] : late_)
        if (!at || time < *at) at = time;
    return at;
}

// Something that nobody asked for.
void Hostile::deed(Host& host) {
    switch (pick(8)) {
        case 0:
            for (std::uint64_t count = pick(5000); count > 0; --count)
                host.put(host.feature_change(pick(2) == 0));
            break;
        case 1:
            for (std::uint64_t count = pick(500); count > 0; --count) host.interrupt();
            break;
        case 2:
            host.put(host.feature_change(true));
            break;
        case 3:
            host.put(resolutions(host));
            break;
        case 4:
            if (pick(3) == 0) host.rescind();
            break;
        case 5:
            for (std::uint64_t count = pick(200); count > 0; --count)
                host.put(spoiled(host, last_), static_cast<std::uint16_t>(pick(4) ? 6 : pick(16)));
            break;
        default:
            spoil_ring(host);
    }
}

void Hostile::tick(Host& host, Time now) {
    for (std::size_t i = 0; i < late_.size();) {
        if (now < late_[i].first) {
            ++i;
            continue;
        }
        host.put(late_[i].second);
        late_.erase(late_.begin() + static_cast<std::ptrdiff_t>(i));
    }
    if (!next_deed_ || now < *next_deed_) return;
    next_deed_.reset();
    if (deeds_left_ == 0) return;
    // Without good messages to spoil there is nothing left to do but this.
    if (--deeds_left_ > 0) next_deed_ = now + std::chrono::milliseconds(1 + pick(4));
    if (good_ == 0) deed(host);
}

}  // namespace hvhost
