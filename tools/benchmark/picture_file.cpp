#include "picture_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <system_error>

namespace hvfbd::bench {

PictureFile::PictureFile(int width, int height) : canvas_{nullptr, width, height, width} {
    std::string folder = "/dev/shm/hvfbd-bench-XXXXXX";
    if (!::mkdtemp(folder.data())) throw std::system_error(errno, std::generic_category(), folder);
    folder_ = folder;
    try {
        map();
    } catch (...) {
        end();
        throw;
    }
}

PictureFile::~PictureFile() {
    end();
}

void PictureFile::end() noexcept {
    if (canvas_.pixels) ::munmap(canvas_.pixels, canvas_.bytes());
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

void PictureFile::map() {
    const int file = ::open(path().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) throw std::system_error(errno, std::generic_category(), path());
    void* const pixels =
        ::ftruncate(file, static_cast<off_t>(canvas_.bytes())) == 0
            ? ::mmap(nullptr, canvas_.bytes(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, file, 0)
            : MAP_FAILED;
    const int error = errno;
    ::close(file);
    if (pixels == MAP_FAILED) throw std::system_error(error, std::generic_category(), path());
    canvas_.pixels = static_cast<std::uint32_t*>(pixels);
}

}  // namespace hvfbd::bench
