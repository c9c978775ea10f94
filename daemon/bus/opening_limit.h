#pragma once

#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>

#include "base/time.h"

namespace hvfbd {

// How fast each user may open surfaces and viewers. To make, clear and free a buffer takes time of the loop,
// which all displays share, by its size: so each user has a bucket of bytes, refilled evenly. What it has no
// bytes for is not refused but begun later, in its order: who opens one after the other only becomes slower.
// Pure: knows no clock.
class OpeningLimit {
  public:
    using Begin = std::function<void()>;

    static constexpr std::uint64_t bytes_per_second = std::uint64_t{64} << 20;
    // At once after a pause: as many surfaces of the display's size as a user may have, and once more.
    static constexpr std::uint64_t burst = std::uint64_t{256} << 20, burst_openings = 32;
    // What an opening takes without any buffer.
    static constexpr std::uint64_t least = std::uint64_t{1} << 20;
    // That wait, of a user and of all. The last of a user's waits less than the 25 s after which libsystemd
    // gives a call up, also where the buffers are those of 8K.
    static constexpr std::size_t most_of_one = 8, most = 128;

    // What an opening takes, and what one of the display's usual layout does; bytes.
    struct Buffer {
        std::uint64_t bytes = 0, usual = 0;
    };

    // Begins an opening, now or by run(). Throws RequestError (busy) where too many wait, and what `begin`
    // throws.
    void open(uid_t user, Buffer buffer, Time now, Begin begin);
    // Begins what has waited long enough; nothing may be thrown by it.
    void run(Time now);
    // When run() has something to begin; none: nothing waits.
    std::optional<Time> next() const;

  private:
    struct Waiting {
        Buffer buffer;
        Begin begin;
    };
    struct User {
        Time paid;              // when the bucket is full again
        std::uint64_t largest;  // usual opening since it was
        std::deque<Waiting> line;
    };
    // From when on it may begin.
    static Time earliest(const User& user, const Buffer& buffer);
    static void pay(User& user, const Buffer& buffer, Time now);

    std::map<uid_t, User> users_;
    std::size_t waiting_ = 0;
};

}  // namespace hvfbd
