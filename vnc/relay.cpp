#include "vnc/relay.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <stdexcept>
#include <vector>

#include "vnc/wait.h"

namespace vnc {

namespace {

// As much as is in one record of TLS.
constexpr std::size_t room = 16384;

// What came from one side and has not gone to the other.
class Buffer {
  public:
    bool is_empty() const { return from_ == to_; }
    std::span<const std::uint8_t> bytes() const { return {bytes_.data() + from_, to_ - from_}; }
    std::span<std::uint8_t> space() { return bytes_; }
    void filled(std::size_t count) { from_ = 0, to_ = count; }
    void gone(std::size_t count) { from_ += count; }

  private:
    std::vector<std::uint8_t> bytes_ = std::vector<std::uint8_t>(room);
    std::size_t from_ = 0, to_ = 0;
};

class Relay {
  public:
    Relay(Stream& stream, int network, int inner, std::string_view unheard)
        : stream_(stream), network_(network), inner_(inner), unheard_(unheard) {}

    void run() {
        for (;;) {
            network_events_ = inner_events_ = 0;
            const bool moved = move_in();
            if (ended_) return;
            const bool moved_out = move_out();
            if (ended_) break;
            if (moved || moved_out) continue;
            std::array<pollfd, 2> watched = {pollfd{network_, network_events_, 0},
                                             pollfd{inner_, inner_events_, 0}};
            wait_for(watched, std::nullopt, {});
            constexpr short gone = POLLHUP | POLLERR;
            if ((watched[0].revents & gone) != 0) return;
            // What it said last is still to be had, if there is room for it.
            if ((watched[1].revents & gone) != 0 && !to_network_.is_empty()) return;
        }
        stream_.say_goodbye();
    }

  private:
    // From the client. True: some of it.
    bool move_in() {
        bool moved = false;
        if (to_inner_.is_empty()) {
            const auto got = stream_.receive(to_inner_.space());
            ended_ = got.ended;
            wait_on_network(got.wait);
            if (got.count == 0) return false;
            to_inner_.filled(got.count);
            moved = true;
        }
        const auto bytes = to_inner_.bytes();
        const ssize_t sent = ::send(inner_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent > 0) {
            to_inner_.gone(static_cast<std::size_t>(sent));
            return true;
        }
        if (errno == EAGAIN)
            inner_events_ = static_cast<short>(inner_events_ | POLLOUT);
        else if (errno != EINTR)
            ended_ = true;
        return moved;
    }

    // To the client.
    bool move_out() {
        bool moved = false;
        if (to_network_.is_empty()) {
            const auto space = to_network_.space();
            const ssize_t got = ::recv(inner_, space.data(), space.size(), MSG_DONTWAIT);
            if (got > 0) {
                to_network_.filled(static_cast<std::size_t>(got));
                drop_unheard();
                moved = true;
            } else if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
                inner_events_ = static_cast<short>(inner_events_ | POLLIN);
                return false;
            } else {
                ended_ = true;
                return false;
            }
        }
        if (to_network_.is_empty()) return moved;
        const auto sent = stream_.send(to_network_.bytes());
        to_network_.gone(sent.count);
        wait_on_network(sent.wait);
        return moved || sent.count > 0;
    }

    void drop_unheard() {
        const auto bytes = to_network_.bytes();
        const std::size_t count = std::min(bytes.size(), unheard_.size());
        if (count > 0 && std::memcmp(bytes.data(), unheard_.data(), count) != 0)
            throw std::logic_error("libvncserver begins as it never did");
        to_network_.gone(count);
        unheard_.remove_prefix(count);
    }

    void wait_on_network(Stream::Wait wait) {
        if (wait == Stream::Wait::to_read) network_events_ = static_cast<short>(network_events_ | POLLIN);
        if (wait == Stream::Wait::to_write) network_events_ = static_cast<short>(network_events_ | POLLOUT);
    }

    Stream& stream_;
    int network_, inner_;
    std::string_view unheard_;
    Buffer to_inner_, to_network_;
    short network_events_ = 0, inner_events_ = 0;
    bool ended_ = false;
};

}  // namespace

void relay(Stream& stream, int network, int inner, std::string_view unheard) {
    Relay(stream, network, inner, unheard).run();
}

}  // namespace vnc
