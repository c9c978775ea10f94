#include "base/picture.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>

#include "base/error.h"

namespace hvfbd {

namespace {

Descriptor make_memfd(const char* name, std::size_t size) {
    Descriptor memfd{::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING)};
    if (!memfd) throw_errno("make a memfd for a picture");
    // Allocated now, so that a full machine refuses the open instead of killing somebody with SIGBUS later.
    if (int error = ::posix_fallocate(memfd.get(), 0, static_cast<off_t>(size)))
        throw_errno("allocate " + std::to_string(size) + " bytes for a picture", error);
    return memfd;
}

// The kernel maps sixteen pages around each that is read: reading all of it costs less than to have all
// mapped by one call, on which everybody would wait.
Mapping map_shadow(const Descriptor& memfd, const Layout& layout) {
    return {memfd, layout.size, Mapping::Access::read, 0, Mapping::Pages::when_touched};
}

void seal(const Descriptor& memfd, int seals) {
    if (::fcntl(memfd.get(), F_ADD_SEALS, seals) < 0) throw_errno("seal a picture");
}

}  // namespace

Picture Picture::shadow(const Layout& layout) {
    Descriptor memfd = make_memfd("hvfb-shadow", layout.size);
    // Not F_SEAL_SEAL: the client adds FUTURE_WRITE once it has mapped its pixels.
    seal(memfd, F_SEAL_SHRINK | F_SEAL_GROW);
    Mapping mapping = map_shadow(memfd, layout);
    return {std::move(memfd), std::move(mapping), layout};
}

Picture Picture::front(const Layout& layout) {
    Descriptor memfd = make_memfd("hvfb-front", layout.size);
    Mapping mapping{memfd, layout.size, Mapping::Access::read_write};
    seal(memfd, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL);
    return {std::move(memfd), std::move(mapping), layout};
}

Picture Picture::shadow(Descriptor memfd, const Layout& layout) {
    struct stat status {};
    int seals = ::fcntl(memfd.get(), F_GET_SEALS);
    if (seals < 0 || ::fstat(memfd.get(), &status) < 0) throw_errno("examine the restored picture");
    if ((seals & F_SEAL_SHRINK) == 0 || static_cast<std::uint64_t>(status.st_size) < layout.size)
        throw_errno("restore a picture that is smaller than it should be", EPROTO);
    Mapping mapping = map_shadow(memfd, layout);
    return {std::move(memfd), std::move(mapping), layout};
}

bool Picture::taken(const Descriptor& memfd) {
    int seals = ::fcntl(memfd.get(), F_GET_SEALS);
    return seals >= 0 && (seals & F_SEAL_FUTURE_WRITE) != 0;
}

void Picture::start_from(const Picture& other) {
    Mapping writable{*memfd_, layout_.size, Mapping::Access::read_write};
    std::size_t row = std::size_t{std::min(layout_.width, other.layout_.width)} * bytes_per_pixel;
    std::uint32_t rows = std::min(layout_.height, other.layout_.height);
    for (std::uint32_t y = 0; y < rows; ++y)
        std::memcpy(writable.bytes().data() + layout_.offset(0, y),
                    other.bytes().data() + other.layout_.offset(0, y), row);
}

}  // namespace hvfbd
