#include "base/mapping.h"

#include <sys/mman.h>

#include "base/descriptor.h"
#include "base/error.h"

namespace hvfbd {

Mapping::Mapping(const Descriptor& file, std::size_t size, Access access, std::size_t offset, Pages pages) {
    int protection = access == Access::read ? PROT_READ : PROT_READ | PROT_WRITE;
    int flags = pages == Pages::at_once ? MAP_SHARED | MAP_POPULATE : MAP_SHARED;
    void* address = ::mmap(nullptr, size, protection, flags, file.get(), static_cast<off_t>(offset));
    if (address == MAP_FAILED) throw_errno("map " + std::to_string(size) + " bytes of a picture");
    bytes_ = {static_cast<std::byte*>(address), size};
}

Mapping& Mapping::operator=(Mapping&& other) noexcept {
    if (this != &other) {
        unmap();
        bytes_ = std::exchange(other.bytes_, {});
    }
    return *this;
}

void Mapping::unmap() noexcept {
    if (!bytes_.empty()) ::munmap(bytes_.data(), bytes_.size());
}

}  // namespace hvfbd
