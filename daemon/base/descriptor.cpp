#include "base/descriptor.h"

#include <fcntl.h>
#include <sys/eventfd.h>

#include <vector>

#include "base/error.h"

namespace hvfbd {

Descriptor duplicate(const Descriptor& descriptor) {
    int fd = ::fcntl(descriptor.get(), F_DUPFD_CLOEXEC, 3);
    if (fd < 0) throw_errno("duplicate a descriptor");
    return Descriptor{fd};
}

void expect_descriptors(std::size_t count) {
    std::vector<Descriptor> had;
    had.reserve(count);
    while (had.size() < count) {
        had.emplace_back(::eventfd(0, EFD_CLOEXEC));
        if (!had.back()) throw_errno("open what that takes");
    }
}

}  // namespace hvfbd
