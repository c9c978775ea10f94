#include "x11vnc_server.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <vector>

namespace hvfbd::bench {

int connection_to(const std::string& socket) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, socket.c_str(), sizeof address.sun_path - 1);
    const int connection = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    for (int tries = 0; ::connect(connection, reinterpret_cast<sockaddr*>(&address), sizeof address) < 0;
         ++tries) {
        if (tries == 100) {
            ::close(connection);
            throw std::runtime_error("no VNC server serves on " + socket);
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    return connection;
}

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
    if (pid_ > 0) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    if (canvas_.pixels) ::munmap(canvas_.pixels, canvas_.bytes());
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

std::string X11vncServer::socket() const {
    return folder_ / "vnc";
}

void X11vncServer::await_ready() const {
    ::close(connection_to(socket()));
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
    std::vector<char*> arguments;
    arguments.reserve(words.size() + 1);
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    for (const int output : {1, 2})
        ::posix_spawn_file_actions_addopen(&actions, output, "/dev/null", O_WRONLY, 0);
    const int error = ::posix_spawnp(&pid_, "x11vnc", &actions, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    if (error != 0) {
        pid_ = -1;
        throw std::system_error(error, std::generic_category(), "start x11vnc (apt install x11vnc)");
    }
}

}  // namespace hvfbd::bench
