#include "run/notify/notifications.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

// Since Linux 6.6, and in no header before.
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#endif

namespace run {
namespace {

std::size_t notification_size() {
    seccomp_notif_sizes sizes{};
    const bool known = ::syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) == 0;
    return std::max(sizeof(seccomp_notif), known ? std::size_t{sizes.seccomp_notif} : 0);
}

}  // namespace

Notifications::Notifications(hvfbd::Descriptor listener)
    : listener_(std::move(listener)), received_(notification_size()) {
    // The program waits for the answer: whoever gives it takes over its processor. Elsewhere it is found
    // another one, which may have to wake up first.
    ::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
}

std::optional<seccomp_notif> Notifications::receive() {
    std::ranges::fill(received_, std::byte{0});
    if (::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_RECV, received_.data()) != 0) return {};
    seccomp_notif call;
    std::memcpy(&call, received_.data(), sizeof call);
    return call;
}

bool Notifications::is_there(const seccomp_notif& call) const {
    return ::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_ID_VALID, &call.id) == 0;
}

void Notifications::send(std::uint64_t id, const Answer& answer) const {
    seccomp_notif_resp response{};
    response.id = id;
    response.val = answer.value;
    response.error = -answer.error;
    response.flags = answer.kernels ? SECCOMP_USER_NOTIF_FLAG_CONTINUE : 0;
    // ENOENT: the process has ended, or a signal has taken the call from it.
    ::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_SEND, &response);
}

Answer Notifications::add_descriptor(const seccomp_notif& call, const hvfbd::Descriptor& descriptor,
                                     int flags) const {
    if (!descriptor) return {.error = errno};
    seccomp_notif_addfd added{};
    added.id = call.id;
    added.flags = SECCOMP_ADDFD_FLAG_SEND;
    added.srcfd = static_cast<std::uint32_t>(descriptor.get());
    added.newfd_flags = static_cast<std::uint32_t>(flags & O_CLOEXEC);
    const int number = ::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_ADDFD, &added);
    if (number < 0) return {.error = errno};
    return {.sent = true, .value = number};
}

}  // namespace run
