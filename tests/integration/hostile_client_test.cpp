#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <filesystem>

#include "display_fixture.h"

namespace hvfbd::testing {
namespace {

using namespace std::chrono_literals;

std::size_t open_descriptors() {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}));
}

class AHostileClient : public DisplayFixture {
  protected:
    // An honest client is served whatever the hostile one did.
    void expect_others_served() {
        RawClient honest = open({"honest", true, false}, 4242);
        honest.hello(0);
        honest.pixel(1, 1) = ++value_;
        honest.damaged({0, 0, 2, 2});
        display->update(loop.now());
        EXPECT_TRUE(dispatch_until([&] { return front_pixel(1, 1) == value_; }));
    }
    std::uint32_t value_ = 0x1000;
};

TEST_F(AHostileClient, is_hung_up_once_for_each_kind_of_nonsense_and_nothing_else_happens) {
    auto nonsense = [&](auto&& act) {
        auto violations = observer.violations.size();
        RawClient client = open();
        act(client);
        EXPECT_TRUE(dispatch_until([&] { return client.closed(); }));
        EXPECT_EQ(observer.violations.size(), violations + 1);
        expect_others_served();
    };
    auto after_hello = [&](auto&& act) {
        nonsense([&](RawClient& client) {
            client.hello(HVFB_HELLO_CAN_ANNOUNCE | HVFB_HELLO_CAN_SCAN);
            act(client);
        });
    };
    nonsense([](RawClient& client) { client.send_bytes("x", 1); });
    nonsense([](RawClient& client) { client.damaged(); });
    nonsense([](RawClient& client) { client.send(HVFB_HELLO, hvfb_hello{{}, 77, 0}); });
    nonsense([](RawClient& client) {
        std::vector<std::byte> long_packet(HVFB_MESSAGE_MAX + 100);
        client.send_bytes(long_packet.data(), long_packet.size());
    });
    after_hello([](RawClient& client) { client.hello(0); });
    after_hello([](RawClient& client) { client.written(0, 0); });
    after_hello([](RawClient& client) { client.written(~0ull, ~0u); });
    after_hello([](RawClient& client) { client.send(HVFB_NEXT, hvfb_next{}); });
    after_hello([](RawClient& client) {
        hvfb_header lie{HVFB_END, 4000};
        client.send_bytes(&lie, sizeof lie);
    });
    after_hello([](RawClient& client) {
        hvfb_damaged damaged{{HVFB_DAMAGED, sizeof damaged}, 77, 0};
        client.send_bytes(&damaged, sizeof damaged);
    });
}

TEST_F(AHostileClient, cannot_make_the_daemon_hold_its_descriptors) {
    RawClient client = open();
    client.hello(0);
    dispatch_while_ready();
    auto before = open_descriptors();
    Descriptor file{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
    for (int i = 0; i < 100; ++i) {
        hvfb_damaged damaged{{HVFB_DAMAGED, sizeof damaged}, HVFB_DAMAGED_SOMEWHERE, 0};
        iovec data{&damaged, sizeof damaged};
        msghdr header{};
        header.msg_iov = &data;
        header.msg_iovlen = 1;
        alignas(cmsghdr) char control[CMSG_SPACE(20 * sizeof(int))] = {};
        header.msg_control = control;
        header.msg_controllen = sizeof control;
        cmsghdr* item = CMSG_FIRSTHDR(&header);
        item->cmsg_level = SOL_SOCKET;
        item->cmsg_type = SCM_RIGHTS;
        item->cmsg_len = CMSG_LEN(20 * sizeof(int));
        for (int j = 0; j < 20; ++j) {
            int fd = file.get();
            std::memcpy(CMSG_DATA(item) + static_cast<std::size_t>(j) * sizeof fd, &fd, sizeof fd);
        }
        // Linux refuses it from 6.16 on; before, it ends the channel.
        if (::sendmsg(client.channel(), &header, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) break;
        dispatch_while_ready();
    }
    EXPECT_TRUE(dispatch_until([&] { return open_descriptors() <= before + 1; }));
}

TEST_F(AHostileClient, that_floods_is_paused_and_others_are_served) {
    RawClient flood = open();
    flood.hello(0);
    auto dispatches = loop.dispatches();
    std::size_t sent = 0;
    Time begin = clock_now();
    dispatch_until(
        [&] {
            while (flood.damaged()) ++sent;
            return false;
        },
        500ms);
    double seconds = std::chrono::duration<double>(clock_now() - begin).count();
    EXPECT_GT(display->statistics().messages_throttled, 0u);
    EXPECT_LE(static_cast<double>(display->statistics().announcements), 400 + seconds * 4000 + 100);
    EXPECT_LE(static_cast<double>(loop.dispatches() - dispatches), seconds * 2000);
    expect_others_served();
}

TEST_F(AHostileClient, that_never_reads_is_hung_up_after_its_timeout) {
    RawClient mute = open();
    mute.hello(0);
    dispatch_while_ready();
    // Every change of the settings is a STATE; some hundreds of them fill the queue.
    DisplaySettings settings = display->settings();
    Time begin = clock_now();
    for (int i = 0; i < 2000; ++i) {
        settings.refresh_limit = 20 + static_cast<std::uint32_t>(i) % 2;
        display->change_settings(settings, loop.now());
        display->update(loop.now());
    }
    EXPECT_TRUE(dispatch_until([&] { return !observer.violations.empty(); }, 10s));
    EXPECT_GE(clock_now() - begin, Channel::timeout);
}

TEST_F(AHostileClient, cannot_open_more_surfaces_than_its_share) {
    std::vector<RawClient> clients;
    for (std::size_t i = 0; i < Surfaces::most_per_user; ++i) clients.push_back(open());
    for (int i = 0; i < 1000; ++i) EXPECT_THROW(open(), RequestError);
    expect_others_served();
    clients.pop_back();
    dispatch_while_ready();
    EXPECT_NO_THROW(open());
}

TEST_F(AHostileClient, cannot_open_more_viewers_than_its_share) {
    std::vector<RawClient> viewers;
    for (std::size_t i = 0; i < Viewers::most_per_user; ++i) viewers.push_back(view());
    EXPECT_THROW(view(), RequestError);
    EXPECT_NO_THROW(view(77));
}

TEST_F(AHostileClient, cannot_shrink_or_grow_its_buffer_under_the_daemon) {
    RawClient client = open_explicit();
    EXPECT_LT(::ftruncate(client.buffer(), 0), 0);
    EXPECT_LT(::ftruncate(client.buffer(), 1 << 30), 0);
    // A hole is allowed and reads as black; it must not fault.
    EXPECT_EQ(::fallocate(client.buffer(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
                          static_cast<off_t>(client.layout().size)),
              0);
    client.damaged({0, 0, 320, 200});
    client.frame(1);
    EXPECT_TRUE(await(client, HVFB_PRESENTED));
}

TEST_F(AHostileClient, viewer_cannot_write_front) {
    RawClient viewer = view();
    EXPECT_EQ(::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, viewer.buffer(), 0), MAP_FAILED);
    EXPECT_LT(::pwrite(viewer.buffer(), "x", 1, 0), 0);
    std::string path = "/proc/self/fd/" + std::to_string(viewer.buffer());
    Descriptor again{::open(path.c_str(), O_RDWR | O_CLOEXEC)};
    if (again) {
        EXPECT_EQ(::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, again.get(), 0), MAP_FAILED);
        EXPECT_LT(::pwrite(again.get(), "x", 1, 0), 0);
    }
}

TEST_F(AHostileClient,
       that_announces_for_ever_without_changing_anything_costs_a_bounded_number_of_comparisons) {
    RawClient client = open();
    client.hello(HVFB_HELLO_CAN_ANNOUNCE);
    ASSERT_TRUE(present(client, 1));
    auto before = display->statistics();
    dispatch_until(
        [&] {
            client.damaged();
            while (auto message = client.receive())
                if (message->type() == HVFB_COLLECT)
                    client.written(message->as<hvfb_collect>().serial, HVFB_WRITTEN_EVERYTHING);
            return false;
        },
        1000ms);
    auto comparisons = display->statistics().empty_looks - before.empty_looks;
    EXPECT_LE(comparisons, 60u) << "the limit is 20 a second; some for stores that land late are free";
    expect_others_served();
}

}  // namespace
}  // namespace hvfbd::testing
