#include "input/node.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace input {

void fail(const std::string& what) {
    throw std::system_error(errno, std::system_category(), what);
}

hvfbd::Descriptor open_node(const std::string& path, int access) {
    hvfbd::Descriptor made(::open(path.c_str(), access | O_NONBLOCK | O_CLOEXEC));
    if (!made) fail("open " + path);
    return made;
}

void write_whole(int node, const void* data, std::size_t size, const std::string& what) {
    // The kernel takes all that it can, and stops for a signal alone: there is none that is not blocked.
    const ssize_t written = ::write(node, data, size);
    if (written < 0) fail(what);
    if (static_cast<std::size_t>(written) != size) {
        errno = EIO;
        fail(what);
    }
}

}  // namespace input
