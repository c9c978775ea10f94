#include "vnc/stream.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>

namespace vnc {

namespace {

Stream::Result result_of(ssize_t result, Stream::Wait wait) {
    if (result > 0) return {static_cast<std::size_t>(result), Stream::Wait::for_nothing, false};
    if (result == 0) return {0, Stream::Wait::for_nothing, true};
    if (errno == EAGAIN || errno == EINTR) return {0, wait, false};
    throw std::runtime_error(std::string("left: ") + ::strerror(errno));
}

}  // namespace

Stream::Result PlainStream::receive(std::span<std::uint8_t> into) {
    return result_of(::recv(socket_, into.data(), into.size(), MSG_DONTWAIT), Wait::to_read);
}

Stream::Result PlainStream::send(std::span<const std::uint8_t> bytes) {
    return result_of(::send(socket_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL),
                     Wait::to_write);
}

}  // namespace vnc
