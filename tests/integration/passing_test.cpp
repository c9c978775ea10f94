#include "base/passing.h"

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "base/descriptor.h"

namespace hvfbd {
namespace {

struct PassingTest : testing::Test {
    PassingTest() {
        int ends[2];
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
        near.reset(ends[0]);
        far.reset(ends[1]);
    }
    // The text of the next packet, and what came with it.
    std::string receive(Descriptor& attached) const {
        char text[64];
        alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
        iovec data{text, sizeof text};
        msghdr header{};
        header.msg_iov = &data;
        header.msg_iovlen = 1;
        header.msg_control = control;
        header.msg_controllen = sizeof control;
        ssize_t size = ::recvmsg(far.get(), &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        if (size < 0) return "nothing";
        if (const cmsghdr* item = CMSG_FIRSTHDR(&header)) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(item), sizeof fd);
            attached.reset(fd);
        }
        return {text, static_cast<std::size_t>(size)};
    }
    Descriptor near, far;
};

TEST_F(PassingTest, brings_the_bytes_and_the_descriptor_or_the_bytes_alone) {
    Descriptor sent(::eventfd(7, EFD_CLOEXEC)), received;
    ASSERT_TRUE(pass(near.get(), {.data = "text", .size = 4, .attached = sent.get()}));
    EXPECT_EQ(receive(received), "text");
    eventfd_t value = 0;
    ASSERT_TRUE(received && ::eventfd_read(received.get(), &value) == 0);
    EXPECT_EQ(value, 7u) << "the same open file";
    received.reset();
    ASSERT_TRUE(pass(near.get(), {.data = "more", .size = 4}));
    EXPECT_EQ(receive(received), "more");
    EXPECT_FALSE(received);
    ASSERT_TRUE(pass(near.get(), {.attached = sent.get()}));
    EXPECT_EQ(receive(received), "");
    EXPECT_TRUE(received);
}

TEST_F(PassingTest, waits_for_nobody_and_says_why_it_did_not) {
    unsigned packets = 0;
    while (pass(near.get(), {.data = "text", .size = 4})) ASSERT_LT(++packets, 1'000'000u);
    EXPECT_EQ(errno, EAGAIN);
    // Only a stream sends a signal where nobody reads any more, which would end this process.
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    near.reset(ends[0]);
    ::close(ends[1]);
    EXPECT_FALSE(pass(near.get(), {.data = "text", .size = 4}));
    EXPECT_EQ(errno, EPIPE);
    EXPECT_FALSE(pass(near.get(), {.data = "text", .size = 4, .attached = 1'000'000}));
    EXPECT_EQ(errno, EBADF);
}

}  // namespace
}  // namespace hvfbd
