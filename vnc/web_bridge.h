#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

struct lws;

namespace vnc {

// What is attached to a connection of libwebsockets'.
struct WebObject {
    enum class Kind { connection, bridge };
    explicit WebObject(Kind of) : kind(of) {}
    const Kind kind;
};

// Between a WebSocket and a socket of this process: bytes go both ways, as many as either side takes. Where
// one does not read, the other one is not read from either; no more than 16 KiB each way are kept here. Of
// the thread of libwebsockets. It lives until both have gone.
class WebBridge : public WebObject {
  public:
    // `inner` is the socket, which does not block, as libwebsockets has adopted it.
    explicit WebBridge(lws* web) : WebObject(Kind::bridge), web_(web) {}
    void set_inner(lws* inner) { inner_ = inner; }

    // What libwebsockets tells. False: the connection that it tells of is to be closed.
    bool take_from_web(std::span<const std::uint8_t> bytes);
    bool web_is_writable();
    bool inner_is_readable();
    bool inner_is_writable();
    // True: the bridge has no end left.
    bool web_is_gone();
    bool inner_is_gone();

  private:
    bool send_to_inner();

    static constexpr std::size_t room = 16384, before = 64;
    lws *web_ = nullptr, *inner_ = nullptr;
    std::vector<std::uint8_t> to_inner_;
    std::size_t to_inner_from_ = 0, to_web_count_ = 0;
    // libwebsockets writes its header before what it is given.
    std::array<std::uint8_t, before + room> to_web_{};
    bool inner_ended_ = false;
};

}  // namespace vnc
