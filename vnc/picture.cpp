#include "vnc/picture.h"

#include <sys/mman.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

namespace vnc {

PictureMemory::PictureMemory(std::size_t size)
    : address_(::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)),
      size_(size) {
    if (address_ == MAP_FAILED)
        throw std::system_error(errno, std::system_category(), "make room for a picture");
}

PictureMemory::~PictureMemory() {
    ::munmap(address_, size_);
}

std::shared_ptr<const Picture> black_picture() {
    constexpr std::uint32_t width = 640, height = 480, stride = width * 4;
    constexpr hvfb_layout layout = {width, height, stride, HVFB_FORMAT_XRGB8888,
                                    std::uint64_t{stride} * height};
    return std::make_shared<const Picture>(Picture{std::make_shared<PictureMemory>(layout.size), layout});
}

}  // namespace vnc
