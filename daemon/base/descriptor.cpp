#include "base/descriptor.h"

#include <fcntl.h>

#include "base/error.h"

namespace hvfbd {

Descriptor Descriptor::duplicate() const {
    int fd = ::fcntl(fd_, F_DUPFD_CLOEXEC, 3);
    if (fd < 0) throw_errno("duplicate a descriptor");
    return Descriptor{fd};
}

}  // namespace hvfbd
