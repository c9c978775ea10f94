// The test's side of a daemon in a process of its own: starts it, ends it, and asks it.
#include "daemon_process.h"

#include <sys/socket.h>
#include <sys/wait.h>

#include <csignal>
#include <cstring>
#include <tuple>

#include "base/error.h"
#include "daemon_process_messages.h"
#include "devices/simulated_uio.h"
#include "fakes/fake_output.h"
#include "output/hyperv/hyperv_output.h"

namespace hvfbd::testing {

void send_with(int socket, const void* bytes, std::size_t size, std::span<const int> attached) {
    iovec data{const_cast<void*>(bytes), size};
    msghdr header{};
    header.msg_iov = &data;
    header.msg_iovlen = 1;
    alignas(cmsghdr) char control[CMSG_SPACE(2 * sizeof(int))] = {};
    if (!attached.empty()) {
        header.msg_control = control;
        header.msg_controllen = CMSG_SPACE(attached.size_bytes());
        cmsghdr* item = CMSG_FIRSTHDR(&header);
        item->cmsg_level = SOL_SOCKET;
        item->cmsg_type = SCM_RIGHTS;
        item->cmsg_len = CMSG_LEN(attached.size_bytes());
        std::memcpy(CMSG_DATA(item), attached.data(), attached.size_bytes());
    }
    if (::sendmsg(socket, &header, MSG_NOSIGNAL) < 0) throw_errno("speak to the daemon process");
}

std::uint64_t sum_of(const void* pixels, std::uint32_t width, std::uint32_t height, std::uint32_t stride) {
    std::uint64_t sum = 0xcbf29ce484222325;
    for (std::uint32_t y = 0; y < height; ++y)
        for (std::uint32_t x = 0; x < width; ++x) {
            std::uint32_t pixel = 0;
            std::memcpy(&pixel, static_cast<const std::byte*>(pixels) + std::size_t{y} * stride + x * 4, 4);
            sum = (sum ^ pixel) * 0x100000001b3;
        }
    return sum;
}

DaemonProcess::DaemonProcess(Mode mode, std::uint32_t stride, Kind kind, unsigned displays)
    : displays_(displays) {
    start([=](EventLoop&,
              const RestoredOutput*) { return std::make_unique<FakeOutput>(layout_for(mode, stride)); },
          kind);
}

DaemonProcess::DaemonProcess(const SimulatedHost& host) {
    auto make = [=](EventLoop& loop, const RestoredOutput* restored) {
        hyperv::HypervOutput::Options options;
        options.session.assume_visible = host.assume_visible;
        options.session.timing = {host_timeout, std::chrono::milliseconds(1), std::chrono::milliseconds(20)};
        options.rectangles_per_message = host.rectangles_per_message;
        return std::make_unique<hyperv::HypervOutput>(loop, std::make_unique<SimulatedUioPort>(host.path),
                                                      hyperv::FramebufferSource("simulated", 0), options,
                                                      restored);
    };
    start(make, host.kind);
}

void DaemonProcess::start(const MakeOutput& make_output, Kind kind) {
    if (kind == Kind::managed) shared_ = Shared<Managed>::make();
    Descriptor far;
    std::tie(control_, far) = message_channel();
    pid_ = fork_process([&]() -> int {
        control_.reset();
        if (shared_) manage(far, make_output, *shared_);
        serve(std::move(far), make_output, {});
    });
}

DaemonProcess::~DaemonProcess() {
    kill();
}

void DaemonProcess::signal(int number) {
    ::kill(pid(), number);
}

void DaemonProcess::kill() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
    shared_ = {};
}

DaemonProcess::Answer DaemonProcess::ask(Request request, Opened* opened) {
    request.display = display_;
    send_with(control_.get(), &request, sizeof request, {});
    Answer answer;
    iovec data{&answer, sizeof answer};
    msghdr header{};
    header.msg_iov = &data;
    header.msg_iovlen = 1;
    alignas(cmsghdr) char control[CMSG_SPACE(2 * sizeof(int))];
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    if (::recvmsg(control_.get(), &header, MSG_CMSG_CLOEXEC) != static_cast<ssize_t>(sizeof answer))
        throw_errno("hear from the daemon process");
    if (cmsghdr* item = CMSG_FIRSTHDR(&header); item && opened) {
        int fds[2];
        std::memcpy(fds, CMSG_DATA(item), sizeof fds);
        opened->buffer.reset(fds[0]);
        opened->channel.reset(fds[1]);
        opened->layout = answer.layout;
    }
    return answer;
}

DaemonProcess::Opened DaemonProcess::open(bool explicit_damage, bool keep, const std::string& name,
                                          const std::optional<Layout>& layout, Layer layer) {
    Opened opened;
    Request request{Request::Kind::open, explicit_damage};
    request.keep = keep;
    request.layer = layer;
    if (layout) request.layout = *layout;
    name.copy(request.name, sizeof request.name - 1);
    ask(request, &opened);
    return opened;
}
DaemonProcess::Opened DaemonProcess::view() {
    Opened opened;
    ask({Request::Kind::view}, &opened);
    return opened;
}
void DaemonProcess::activate(unsigned number) {
    ask({Request::Kind::activate, number});
}
void DaemonProcess::set_visible(bool visible) {
    ask({Request::Kind::set_visible, visible});
}
void DaemonProcess::change_settings(const DisplaySettings& settings) {
    Request request{Request::Kind::change_settings};
    request.settings = settings;
    ask(request);
}
void DaemonProcess::set_mode(Mode mode) {
    ask({Request::Kind::set_mode, 0, mode});
}
void DaemonProcess::refuse(std::uint32_t presents) {
    ask({Request::Kind::refuse, presents});
}
DaemonProcess::Difference DaemonProcess::await_equal(Duration within) {
    return ask({Request::Kind::await_equal, static_cast<std::uint64_t>(within.count())}).difference;
}
DaemonProcess::Counters DaemonProcess::counters() {
    return ask({Request::Kind::counters}).counters;
}

}  // namespace hvfbd::testing
