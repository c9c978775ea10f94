#pragma once

#include <gtest/gtest.h>

#include <cstring>

#include "hvhost/host.h"

namespace hvhost {

using Hex = std::vector<int>;

struct Ears : Listener {
    void interrupt() override { ++interrupts; }
    void rescind() override {}
    void said(const std::string& line) override { lines.push_back(line); }
    unsigned interrupts = 0;
    std::vector<std::string> lines;
};

class TheHost : public ::testing::Test {
  protected:
    // `data`: bytes of each ring.
    explicit TheHost(const Options& options = {}, std::size_t data = 4096)
        : data_size(data), half(4096 + data), rings(2 * half), host(options, video, ears) {
        host.opened(rings, 0xf8000000, {});
    }

    std::uint32_t& word(std::size_t at) { return *reinterpret_cast<std::uint32_t*>(rings.data() + at); }
    // What the guest puts into the ring, descriptor and all.
    void put(const Hex& packet) {
        std::uint32_t at = word(0);
        for (std::size_t i = 0; i < packet.size() + 8; ++i) {
            // The trailer: where the packet began, in its upper half.
            std::uint64_t end = std::uint64_t{word(0)} << 32;
            int value =
                i < packet.size() ? packet[i] : static_cast<int>(end >> (8 * (i - packet.size())) & 0xff);
            rings[4096 + at++ % data_size] = static_cast<std::byte>(value);
        }
        word(0) = at % static_cast<std::uint32_t>(data_size);
    }
    // A whole in-band packet with this pipe message.
    void say(Hex message, Time now = {}) {
        message.resize((message.size() + 7) / 8 * 8);
        auto length = static_cast<int>(2 + message.size() / 8);
        Hex packet{6, 0, 2, 0, length & 0xff, length >> 8, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0};
        packet.insert(packet.end(), message.begin(), message.end());
        put(packet);
        host.doorbell(now);
    }
    // The bytes of the ring to the guest from where it has read to, so many; read after that.
    Hex hear(std::size_t count) {
        Hex bytes;
        std::uint32_t& read = word(half + 4);
        for (std::size_t i = 0; i < count; ++i)
            bytes.push_back(std::to_integer<int>(rings[half + 4096 + (read + i) % data_size]));
        read = (read + static_cast<std::uint32_t>(count)) % static_cast<std::uint32_t>(data_size);
        return bytes;
    }
    bool silent() { return word(half) == word(half + 4); }
    void shake_hands() {
        say({1, 0, 0, 0, 12, 0, 0, 0, 1, 0, 0, 0, 12, 0, 0, 0, 3, 0, 5, 0});
        // 0xf8000000
        say({1, 0, 0,    0, 25, 0, 0, 0, 3, 0, 0, 0,    25, 0, 0, 0, 0,
             0, 0, 0xf8, 0, 0,  0, 0, 1, 0, 0, 0, 0xf8, 0,  0, 0, 0});
        // 8 x 4, pitch 32
        say({1, 0, 0, 0, 35, 0, 0, 0, 5,  0, 0, 0, 35, 0, 0, 0, 7, 0,  0, 0, 0, 0,
             0, 0, 1, 1, 0,  0, 0, 0, 32, 8, 0, 0, 0,  4, 0, 0, 0, 32, 0, 0, 0});
        word(half + 4) = word(half);
    }

    std::size_t data_size, half;
    std::vector<std::byte> rings, video = std::vector<std::byte>(8192);
    Ears ears;
    Host host;
};

}  // namespace hvhost
