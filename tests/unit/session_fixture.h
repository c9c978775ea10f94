#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "output/hyperv/session.h"

namespace hvfbd::hyperv {

// A session whose host, ring and clock are the test.
class ASession : public ::testing::Test {
  protected:
    static constexpr std::uint64_t address = 0xf8000000, size = 8 << 20;
    // Types of messages.
    static constexpr int version = 1, memory = 3, situation = 5, position = 7, shape = 8, resolution = 13;

    explicit ASession(const Session::Options& options = {}) : session(options) {}

    // What it says now, by type; `ring_is_full`: nothing.
    std::vector<int> says() {
        std::vector<int> types;
        while (auto message = session.next_message()) {
            last.assign(message->begin(), message->end());
            types.push_back(std::to_integer<int>(last[8]));
            session.sent(now);
        }
        return types;
    }
    std::uint32_t last_word(std::size_t at) {
        return std::to_integer<std::uint32_t>(last[at]) | std::to_integer<std::uint32_t>(last[at + 1]) << 8 |
               std::to_integer<std::uint32_t>(last[at + 2]) << 16 |
               std::to_integer<std::uint32_t>(last[at + 3]) << 24;
    }
    void hear(const synthvid::Received& received) { session.received(received, now); }
    // In a process that runs: the session is asked whenever it wants to be.
    void pass(Duration time) {
        Time end = now + time;
        for (auto at = session.wake_at(); at && *at<end&& * at> now; at = session.wake_at()) {
            now = *at;
            session.time_passed(now);
        }
        now = end;
        session.time_passed(now);
    }
    synthvid::ResolutionResponse list(std::vector<Mode> modes, std::size_t preferred = 0) {
        synthvid::ResolutionResponse response;
        std::copy(modes.begin(), modes.end(), response.modes.begin());
        response.count = modes.size();
        response.preferred = preferred;
        return response;
    }
    void open() { session.opened(address, size, now); }
    void connect() {
        connect_without_acknowledgement();
        hear(synthvid::SituationUpdateAck{last_word(16)});
        session.take_repaint();
    }
    void connect_without_acknowledgement() {
        open();
        says();
        hear(synthvid::VersionResponse{synthvid::version_3_5, true});
        says();
        hear(list({{1024, 768}, {1280, 1024}}));
        says();
        hear(synthvid::VramLocationAck{address});
        says();
    }

    Time now{std::chrono::hours(1)};
    Session session;
    std::vector<std::byte> last;
};

}  // namespace hvfbd::hyperv
