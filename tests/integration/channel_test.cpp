#include "clients/channel.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>
#include <thread>

#include "base/error.h"
#include "dispatching.h"

namespace hvfbd::testing {
namespace {

using namespace std::chrono_literals;

class AChannel : public ::testing::Test {
  protected:
    static constexpr Duration timeout = 160ms;

    // Sends until something waits for the peer to read.
    void fill() {
        for (int i = 0; i < 5000; ++i) channel.send(message::encode_collect(static_cast<std::uint64_t>(i)));
    }
    void read_all() const {
        char bytes[HVFB_MESSAGE_MAX];
        while (::recv(peer.get(), bytes, sizeof bytes, MSG_DONTWAIT) > 0) {
        }
    }

    EventLoop loop;
    std::optional<std::string> hung_up;
    Channel channel{loop, Channel::make_ends(), [](const message::FromClient&) { return std::nullopt; },
                    [this](Channel::Ending, std::string_view why) { hung_up = std::string(why); }, timeout};
    Descriptor peer = channel.take_peer_end();
};

TEST_F(AChannel, hangs_up_a_peer_that_does_not_read_while_the_daemon_runs) {
    Time begun = clock_now();
    fill();
    ASSERT_TRUE(dispatch_until(loop, [&] { return hung_up.has_value(); }));
    EXPECT_GE(clock_now() - begun, timeout);
}

TEST_F(AChannel, does_not_hang_up_a_peer_that_could_not_read_while_all_was_stopped) {
    fill();
    loop.run_once(1ms);
    // Nothing runs the loop: as if this process, and the peer, were stopped.
    std::this_thread::sleep_for(2 * timeout);
    while (loop.run_once(Duration(0))) {
    }
    EXPECT_FALSE(hung_up) << *hung_up;
    read_all();
    dispatch_until(
        loop, [] { return false; }, 2 * timeout);
    EXPECT_FALSE(hung_up) << *hung_up;
}

// A connection over TCP that waits, when its last descriptor is closed, until its peer has read everything.
class Lingering {
  public:
    Lingering() {
        Descriptor listening(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* any = reinterpret_cast<sockaddr*>(&address);
        if (::bind(listening.get(), any, size) < 0 || ::listen(listening.get(), 1) < 0 ||
            ::getsockname(listening.get(), any, &size) < 0)
            throw_errno("listen");
        sender_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        if (::connect(sender_.get(), any, size) < 0) throw_errno("connect");
        reader_.reset(::accept(listening.get(), nullptr, nullptr));
        static const char much[65536] = {};
        while (::send(sender_.get(), much, sizeof much, MSG_DONTWAIT) > 0) {
        }
        linger wait{1, 20};
        ::setsockopt(sender_.get(), SOL_SOCKET, SO_LINGER, &wait, sizeof wait);
    }
    // Over a channel, and closes it here. False: the kernel lets no descriptor through.
    bool give(const Descriptor& channel) {
        std::uint32_t hello[4] = {HVFB_HELLO, sizeof hello, 1, 0};
        iovec data{hello, sizeof hello};
        msghdr header{};
        header.msg_iov = &data;
        header.msg_iovlen = 1;
        alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
        header.msg_control = control;
        header.msg_controllen = sizeof control;
        cmsghdr* item = CMSG_FIRSTHDR(&header);
        item->cmsg_level = SOL_SOCKET;
        item->cmsg_type = SCM_RIGHTS;
        item->cmsg_len = CMSG_LEN(sizeof(int));
        int fd = sender_.get();
        std::memcpy(CMSG_DATA(item), &fd, sizeof fd);
        bool sent = ::sendmsg(channel.get(), &header, MSG_NOSIGNAL) >= 0;
        sender_.reset();
        return sent;
    }

  private:
    Descriptor sender_, reader_;
};

// Sent before the channel is there, so that no option of its socket keeps it away.
struct GivenSomething {
    GivenSomething() {
        int ends[2];
        if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) throw_errno("make a channel");
        near.reset(ends[0]);
        peer.reset(ends[1]);
        EXPECT_TRUE(connection.give(peer));
    }
    Lingering connection;
    Descriptor near, peer;
};
constexpr Duration far_less_than_it_lingers = 10s;

TEST(DescriptorsOfAPeer, end_its_channel_and_are_not_waited_for_where_closing_them_takes_long) {
    EventLoop loop;
    GivenSomething given;
    std::optional<std::string> hung_up;
    Channel channel(
        loop, {std::move(given.near), {}}, [](const message::FromClient&) { return std::nullopt; },
        [&](Channel::Ending, std::string_view why) { hung_up = std::string(why); });
    Time begun = clock_now();
    ASSERT_TRUE(dispatch_until(loop, [&] { return hung_up.has_value(); }));
    EXPECT_EQ(*hung_up, "it sent a descriptor");
    EXPECT_LT(clock_now() - begun, far_less_than_it_lingers);
}

TEST(DescriptorsOfAPeer, are_not_waited_for_where_they_were_never_read) {
    EventLoop loop;
    GivenSomething given;
    Time begun = clock_now();
    {
        Channel channel(
            loop, {std::move(given.near), {}}, [](const message::FromClient&) { return std::nullopt; },
            [](Channel::Ending, std::string_view) {});
    }
    EXPECT_LT(clock_now() - begun, far_less_than_it_lingers);
}

}  // namespace
}  // namespace hvfbd::testing
