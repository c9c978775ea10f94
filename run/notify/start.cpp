#include "run/notify/start.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include "run/beside.h"
#include "run/notify/filter.h"
#include "run/notify/supervisor.h"
#include "run/tracking/watched_process.h"

namespace run {
namespace {

[[noreturn]] void failed(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

// A message of one byte and one descriptor.
struct DescriptorMessage {
    DescriptorMessage() {
        header.msg_iov = &part;
        header.msg_iovlen = 1;
        header.msg_control = control;
        header.msg_controllen = sizeof control;
    }
    DescriptorMessage(const DescriptorMessage&) = delete;
    DescriptorMessage& operator=(const DescriptorMessage&) = delete;

    char byte = 0;
    iovec part{&byte, 1};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    msghdr header{};
};

void send_descriptor(int socket, int descriptor) {
    DescriptorMessage message;
    cmsghdr* const control = CMSG_FIRSTHDR(&message.header);
    control->cmsg_level = SOL_SOCKET;
    control->cmsg_type = SCM_RIGHTS;
    control->cmsg_len = CMSG_LEN(sizeof descriptor);
    std::memcpy(CMSG_DATA(control), &descriptor, sizeof descriptor);
    if (::sendmsg(socket, &message.header, MSG_NOSIGNAL) != 1) failed("the supervisor was not reached");
}

hvfbd::Descriptor receive_descriptor(int socket) {
    DescriptorMessage message;
    int descriptor = -1;
    if (::recvmsg(socket, &message.header, MSG_CMSG_CLOEXEC) != 1) return {};
    const cmsghdr* const control = CMSG_FIRSTHDR(&message.header);
    if (control && control->cmsg_type == SCM_RIGHTS)
        std::memcpy(&descriptor, CMSG_DATA(control), sizeof descriptor);
    return hvfbd::Descriptor(descriptor);
}

void supervise(const ScreenSettings& settings, const TrackingSettings& tracking,
               const TerminalSettings& terminals, bool explain) {
    hvfbd::Descriptor channel(3);
    const pid_t own = ::getpid();
    if (::send(channel.get(), &own, sizeof own, MSG_NOSIGNAL) != sizeof own) return;
    hvfbd::Descriptor listener = receive_descriptor(channel.get());
    if (!listener) return;
    channel.reset();
    Supervisor(std::move(listener), settings, tracking, terminals, explain).run();
}

// As of libhvfb's features: what is not to be used of the kernel's.
std::string tracking_refused() {
    const char* const features = std::getenv("HVFB_FEATURES");
    if (features && std::strstr(features, "no-scan")) return "HVFB_FEATURES";
    return watching_refused();
}

}  // namespace

void be_supervised(const ScreenSettings& settings, const TerminalSettings& terminals, bool explain) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) failed("a socket");
    const hvfbd::Descriptor its(ends[0]);
    hvfbd::Descriptor ours(ends[1]);
    // With the filter below.
    const TrackingSettings tracking{.refused = tracking_refused(), .filters = filters_of("self") + 1};
    start_beside("hvfb-run", its.get(), explain, [&] { supervise(settings, tracking, terminals, explain); });
    pid_t supervisor = 0;
    if (::recv(ours.get(), &supervisor, sizeof supervisor, 0) != sizeof supervisor)
        failed("the supervisor has ended");
    // Where Yama lets nobody look into another process who is not its parent.
    ::prctl(PR_SET_PTRACER, supervisor);
    const Filtered filtered{.terminal = terminals.which != fbdev::Terminals::kernels,
                            .keyboards = !settings.keyboards.empty()};
    const hvfbd::Descriptor listener = install_filter(notify_filter(filtered));
    send_descriptor(ours.get(), listener.get());
}

}  // namespace run
