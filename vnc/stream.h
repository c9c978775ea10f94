#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace vnc {

// Bytes of a client, on a socket that does not block: with TLS or without. All members throw
// std::runtime_error where the connection is of no use any more.
class Stream {
  public:
    // What a call came to, where it did not do all.
    enum class Wait { for_nothing, to_read, to_write };
    struct Result {
        std::size_t count = 0;  // bytes
        Wait wait = Wait::for_nothing;
        bool ended = false;  // in good order
    };

    Stream() = default;
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
    virtual ~Stream() = default;

    virtual Result receive(std::span<std::uint8_t> into) = 0;
    // After a wait it is called with the same bytes.
    virtual Result send(std::span<const std::uint8_t> bytes) = 0;
    // Says that nothing follows, if there is room for it.
    virtual void say_goodbye() {}
};

// The socket as it is. It stays the caller's.
class PlainStream : public Stream {
  public:
    explicit PlainStream(int socket) : socket_(socket) {}
    Result receive(std::span<std::uint8_t> into) override;
    Result send(std::span<const std::uint8_t> bytes) override;

  private:
    int socket_;
};

}  // namespace vnc
