#include "x11vnc_server.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace hvfbd::bench {

X11vncServer::X11vncServer(int width, int height) : canvas_{nullptr, width, height, width} {
    std::string folder = "/dev/shm/hvfbd-bench-XXXXXX";
    if (!::mkdtemp(folder.data())) throw std::system_error(errno, std::generic_category(), folder);
    folder_ = folder;
    try {
        start();
    } catch (...) {
        end();
        throw;
    }
}

X11vncServer::~X11vncServer() {
    end();
}

void X11vncServer::end() noexcept {
    program_.reset();
    if (canvas_.pixels) ::munmap(canvas_.pixels, canvas_.bytes());
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

std::string X11vncServer::socket() const {
    return folder_ / "vnc";
}

void X11vncServer::start() {
    const std::string picture = folder_ / "picture";
    const int file = ::open(picture.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) throw std::system_error(errno, std::generic_category(), picture);
    void* const pixels =
        ::ftruncate(file, static_cast<off_t>(canvas_.bytes())) == 0
            ? ::mmap(nullptr, canvas_.bytes(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, file, 0)
            : MAP_FAILED;
    ::close(file);
    if (pixels == MAP_FAILED) throw std::system_error(errno, std::generic_category(), picture);
    canvas_.pixels = static_cast<std::uint32_t*>(pixels);
    std::vector<std::string> words = {"x11vnc",
                                      "-rawfb",
                                      "map:" + picture + "@" + std::to_string(canvas_.width) + "x" +
                                          std::to_string(canvas_.height) + "x32:ff0000/ff00/ff",
                                      "-unixsock",
                                      socket(),
                                      "-rfbport",
                                      "0",
                                      "-nopw",
                                      "-forever",
                                      "-shared",
                                      "-quiet",
                                      "-wait",
                                      "16",
                                      "-defer",
                                      "16"};
    try {
        program_.emplace(std::move(words));
    } catch (const std::system_error& error) {
        throw std::system_error(error.code(), "start x11vnc (apt install x11vnc)");
    }
}

}  // namespace hvfbd::bench
