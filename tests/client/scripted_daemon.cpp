#include "scripted_daemon.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <algorithm>

#include "monotonic.h"

namespace hvfb {

ScriptedDaemon* ScriptedDaemon::current_ = nullptr;

bool ScriptedDaemon::Written::holds(std::uint32_t page) const {
    return everything() || std::any_of(pages.begin(), pages.end(), [page](const hvfb_page_range& range) {
               return page >= range.first && page - range.first < range.count;
           });
}

ScriptedDaemon::ScriptedDaemon(std::uint32_t width, std::uint32_t height) : layout(layout_of(width, height)) {
    current_ = this;
}

ScriptedDaemon::~ScriptedDaemon() {
    unmap();
    current_ = nullptr;
}

void ScriptedDaemon::unmap() {
    if (shadow_) munmap(const_cast<std::byte*>(shadow_), shadow_size_);
    shadow_ = nullptr;
}

Layout ScriptedDaemon::layout_of(std::uint32_t width, std::uint32_t height) {
    const std::uint64_t size = (std::uint64_t{width} * 4 * height + 4095) / 4096 * 4096;
    return {width, height, width * 4, 0x34325258, size};
}

Descriptor ScriptedDaemon::make_buffer(const Layout& layout) {
    Descriptor buffer(memfd_create("shadow", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    EXPECT_EQ(posix_fallocate(buffer.get(), 0, static_cast<off_t>(layout.size)), 0);
    EXPECT_EQ(fcntl(buffer.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW), 0);
    return buffer;
}

int ScriptedDaemon::connect(const OpenOptions&, int, Opened& opened) {
    ScriptedDaemon& daemon = *current_;
    if (const int error = daemon.refuse_with) {
        opened.why.set(daemon.refuse_why);
        return error;
    }
    const Layout display = daemon.layout, asked = opened.layout;
    if (daemon.keeps_layout && asked.width > 0) daemon.layout = asked;
    daemon.unmap();
    daemon.serial_ = 0;
    daemon.buffer_ = make_buffer(daemon.layout);
    daemon.shadow_size_ = static_cast<std::size_t>(daemon.layout.size);
    daemon.shadow_ = static_cast<const std::byte*>(
        mmap(nullptr, daemon.shadow_size_, PROT_READ, MAP_SHARED, daemon.buffer_.get(), 0));
    int ends[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    daemon.channel_ = Descriptor(ends[0]);
    opened.channel = Descriptor(ends[1]);
    opened.buffer = Descriptor(fcntl(daemon.buffer_.get(), F_DUPFD_CLOEXEC, 3));
    opened.layout = daemon.layout;
    daemon.layout = display;
    if (daemon.hangs_up) daemon.channel_.reset();
    return 0;
}

hvfb_surface* ScriptedDaemon::open(unsigned flags) {
    hvfb_open_options options = {};
    options.size = sizeof options;
    options.flags = flags;
    hvfb_surface* surface = nullptr;
    EXPECT_EQ(open_surface(&surface, &options, connect), 0);
    const auto hello = receive();
    EXPECT_TRUE(hello && hello->type() == HVFB_HELLO);
    if (hello) hello_flags = hello->as<hvfb_hello>().flags;
    send(HVFB_HELLO, hvfb_hello{{}, HVFB_PROTOCOL_VERSION, 0});
    return surface;
}

void ScriptedDaemon::send_bytes(const std::vector<std::byte>& bytes, int fd) {
    iovec contents = {.iov_base = const_cast<std::byte*>(bytes.data()), .iov_len = bytes.size()};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof fd)] = {};
    msghdr header = {};
    header.msg_iov = &contents;
    header.msg_iovlen = 1;
    if (fd >= 0) {
        header.msg_control = control;
        header.msg_controllen = sizeof control;
        cmsghdr* part = CMSG_FIRSTHDR(&header);
        part->cmsg_level = SOL_SOCKET;
        part->cmsg_type = SCM_RIGHTS;
        part->cmsg_len = CMSG_LEN(sizeof fd);
        std::memcpy(CMSG_DATA(part), &fd, sizeof fd);
    }
    EXPECT_EQ(sendmsg(channel_.get(), &header, MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
}

void ScriptedDaemon::send_state(std::uint32_t tracking, std::uint64_t idle_timeout, std::uint32_t flags) {
    send(HVFB_STATE, hvfb_state{{}, flags, tracking, interval, idle_timeout, settle});
}

void ScriptedDaemon::send_compared(std::uint64_t serial, const std::vector<hvfb_page_range>& pages) {
    const bool too_many = pages.size() > HVFB_WRITTEN_MAX;
    const std::size_t count = too_many ? 0 : pages.size();
    send(
        HVFB_COMPARED,
        hvfb_compared{{}, serial, too_many ? HVFB_COMPARED_EVERYTHING : 0, static_cast<std::uint32_t>(count)},
        pages.data(), count * sizeof(hvfb_page_range));
}

void ScriptedDaemon::send_configure(std::uint64_t serial, const Layout& to, int fd) {
    send(HVFB_CONFIGURE, hvfb_configure{{}, serial, {to.width, to.height, to.stride, to.format, to.size}},
         nullptr, 0, fd);
}

std::optional<ScriptedDaemon::Packet> ScriptedDaemon::receive(int milliseconds) {
    pollfd readable = {.fd = channel_.get(), .events = POLLIN, .revents = 0};
    if (poll(&readable, 1, milliseconds) <= 0) return std::nullopt;
    Packet packet;
    packet.bytes.resize(HVFB_MESSAGE_MAX);
    const ssize_t length = recv(channel_.get(), packet.bytes.data(), packet.bytes.size(), 0);
    if (length <= 0) return std::nullopt;
    packet.bytes.resize(static_cast<std::size_t>(length));
    EXPECT_EQ(packet.as<hvfb_header>().size, packet.bytes.size());
    return packet;
}

std::optional<ScriptedDaemon::Packet> ScriptedDaemon::next(std::uint32_t type, int milliseconds) {
    const Nanoseconds deadline = monotonic_now() + static_cast<Nanoseconds>(milliseconds) * 1'000'000;
    for (;;) {
        const Nanoseconds now = monotonic_now();
        auto packet = receive(now >= deadline ? 0 : static_cast<int>((deadline - now) / 1'000'000));
        if (!packet || packet->type() == type) return packet;
    }
}

ScriptedDaemon::Written ScriptedDaemon::collect() {
    send(HVFB_COLLECT, hvfb_collect{{}, ++serial_});
    const auto packet = next(HVFB_WRITTEN);
    EXPECT_TRUE(packet);
    if (!packet) return {};
    Written written = {packet->as<hvfb_written>(), packet->rest<hvfb_written, hvfb_page_range>()};
    EXPECT_EQ(written.body.serial, serial_);
    EXPECT_EQ(written.body.count, written.pages.size());
    return written;
}

std::optional<ScriptedDaemon::Written> ScriptedDaemon::unasked(int milliseconds) {
    const auto packet = next(HVFB_WRITTEN, milliseconds);
    if (!packet) return std::nullopt;
    Written written = {packet->as<hvfb_written>(), packet->rest<hvfb_written, hvfb_page_range>()};
    EXPECT_EQ(written.body.serial, 0u);
    return written;
}

void ScriptedDaemon::begin(std::uint32_t tracking, std::uint64_t idle_timeout) {
    send_state(tracking, idle_timeout);
    EXPECT_TRUE(next(HVFB_DAMAGED));
    EXPECT_TRUE(collect().everything());
}

}  // namespace hvfb
