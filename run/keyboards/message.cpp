#include "run/keyboards/message.h"

#include <errno.h>
#include <linux/input.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

namespace run {
namespace {

constexpr int longest_wait_ms = 1000;

// Not close(2), which is another function in a program with libhvfb-fbdev.so.
void close_number(int descriptor) {
    syscall(SYS_close, descriptor);
}

bool send_message(const char* socket_name, KeyboardMessage kind, const int* descriptors, unsigned count) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const size_t length = strlen(socket_name);
    if (length == 0 || length >= sizeof address.sun_path) return false;
    memcpy(address.sun_path + 1, socket_name, length);
    const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket < 0) return false;
    const timeval longest{longest_wait_ms / 1000, 0};
    setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &longest, sizeof longest);
    char byte = static_cast<char>(kind);
    iovec part{&byte, 1};
    alignas(cmsghdr) char control[CMSG_SPACE(2 * sizeof(int))] = {};
    msghdr message{};
    message.msg_name = &address;
    message.msg_namelen = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + length);
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (count > 0) {
        message.msg_control = control;
        message.msg_controllen = CMSG_SPACE(count * sizeof(int));
        cmsghdr* const header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(count * sizeof(int));
        memcpy(CMSG_DATA(header), descriptors, count * sizeof(int));
    }
    const bool sent = sendmsg(socket, &message, MSG_NOSIGNAL) == 1;
    close_number(socket);
    return sent;
}

}  // namespace

void tell_of_surface(const char* socket_name) {
    send_message(socket_name, KeyboardMessage::surface, nullptr, 0);
}

void tell_of_input_device(const char* socket_name, int device) {
    const int done = eventfd(0, EFD_CLOEXEC);
    if (done < 0) return;
    const int descriptors[] = {device, done};
    if (send_message(socket_name, KeyboardMessage::keyboard, descriptors, 2)) {
        pollfd answer{done, POLLIN, 0};
        poll(&answer, 1, longest_wait_ms);
    }
    close_number(done);
}

bool is_input_device(int descriptor) {
    const int error = errno;
    int version = 0;
    const bool is_one = ioctl(descriptor, EVIOCGVERSION, &version) == 0;
    errno = error;
    return is_one;
}

bool may_be_input_device(const char* path) {
    static constexpr char folder[] = "/dev/input/";
    return path && strncmp(path, folder, sizeof folder - 1) == 0;
}

}  // namespace run
