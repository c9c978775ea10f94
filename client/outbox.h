#pragma once

#include <atomic>
#include <cstdint>
#include <span>

#include "bell.h"
#include "channel.h"
#include "layout.h"

namespace hvfb {

// What the program's threads send to the daemon. Nothing waits: what does not fit into the channel, because
// the daemon does not read, is kept in short and sent by the library's thread when there is room. Thread-safe
// without locks.
class Outbox {
  public:
    // Sends on this channel, and wakes the library's thread by this bell, which both outlive it.
    Outbox(const Channel& channel, Bell& bell) : channel_(channel), bell_(bell) {}

    // ---- the program's threads: 0, or a negative errno if the daemon is gone
    int damage(std::span<const Rectangle> rectangles);  // none: everything
    int begin();
    int end();
    int frame(std::uint64_t frame);
    int configured(std::uint64_t serial);
    // Only wakes the library's thread. A negative errno: it cannot be woken so.
    int wake() const { return bell_.ring(Bell::End::program); }

    // ---- the library's thread
    // Readable after wake, until quiet.
    int get() const { return bell_.get(Bell::End::library); }
    // 1: it was readable; 0: it was not. A negative errno: it tells nothing any more, and is not to be waited
    // for.
    int quiet() const { return bell_.quiet(Bell::End::library); }
    // Another one where the program has closed it. 0 or a negative errno.
    int make_again() { return bell_.make(); }
    // Whether something waits for room in the channel.
    bool owing() const { return owed_.load() != 0; }
    // Sends what waits, as far as there is room. 0, or as Channel::send.
    int flush();

    // Asks again for the newest frame, unless that was answered.
    void frame_again(std::uint64_t answered);

    void forget() { owed_.store(0); }

  private:
    enum : std::uint32_t { owed_damage = 1, owed_end = 2, owed_frame = 4, owed_configured = 8 };
    int post(const message::Packet& packet, std::uint32_t bit);
    int send_owed(std::uint32_t bit) const;

    const Channel& channel_;
    Bell& bell_;
    std::atomic<std::uint32_t> owed_{0};
    std::atomic<std::uint64_t> frame_{0}, configured_{0};
};

}  // namespace hvfb
