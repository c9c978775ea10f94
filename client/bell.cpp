#include "bell.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace hvfb {

int Bell::make() {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0) return -errno;
    Descriptor program(ends[0]);
    Descriptor library(ends[1]);
    if (!program || !library) return -EMFILE;
    library.out_of_the_way();
    if (!program_) {
        program_ = static_cast<Descriptor&&>(program);
        library_ = static_cast<Descriptor&&>(library);
        return 0;
    }
    const int result = program_.become(program);
    return result < 0 ? result : library_.become(library);
}

int Bell::ring(End from) const {
    if (!ours()) return -EBADF;
    const int fd = get(from);
    const char any = 0;
    // The other end may be read between the calls: then there is room again.
    constexpr int most_tries = 3;
    int error = 0;
    for (int tries = 0; tries < most_tries; ++tries) {
        if (send(fd, &any, sizeof any, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return 0;
        // A filter may know write(2) alone; nobody has closed the other end.
        if (write(fd, &any, sizeof any) >= 0) return 0;
        error = errno;
        if (error != EAGAIN && error != EINTR) break;
        // Full, and so readable already; or a filter says so.
        pollfd other = {
            .fd = get(from == End::program ? End::library : End::program), .events = POLLIN, .revents = 0};
        if (poll(&other, 1, 0) == 1) return 0;
    }
    return -error;
}

int Bell::quiet(End end) const {
    const Descriptor& mine = of(end);
    if (!mine.ours()) return -EBADF;
    std::array<char, 64> rung;
    // It does not wait: what interrupts it so often is not a signal.
    constexpr int most_tries = 100;
    for (int tries = 0, any = 0;;) {
        const ssize_t length = read(mine.get(), rung.data(), rung.size());
        if (length > 0) any = 1;
        if (length > 0 && static_cast<std::size_t>(length) == rung.size()) continue;
        if (length > 0 || (length < 0 && errno == EAGAIN)) return any;
        if (length < 0 && errno == EINTR && ++tries < most_tries) continue;
        // The other end was closed.
        return length == 0 ? -EPIPE : -errno;
    }
}

void Bell::close() {
    program_.reset();
    library_.reset();
}

}  // namespace hvfb
