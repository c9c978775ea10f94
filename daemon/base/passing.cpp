#include "base/passing.h"

#include <sys/uio.h>

#include <cstring>

namespace hvfbd {

bool pass(int socket, const Passing& passing) noexcept {
    iovec data{const_cast<void*>(passing.data), passing.size};
    msghdr header{};
    header.msg_name = const_cast<sockaddr*>(passing.to);
    header.msg_namelen = passing.to_size;
    header.msg_iov = &data;
    header.msg_iovlen = passing.size > 0 ? 1 : 0;
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    if (passing.attached >= 0) {
        header.msg_control = control;
        header.msg_controllen = sizeof control;
        cmsghdr* item = CMSG_FIRSTHDR(&header);
        item->cmsg_level = SOL_SOCKET;
        item->cmsg_type = SCM_RIGHTS;
        item->cmsg_len = CMSG_LEN(sizeof(int));
        std::memcpy(CMSG_DATA(item), &passing.attached, sizeof passing.attached);
    }
    return ::sendmsg(socket, &header, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

}  // namespace hvfbd
