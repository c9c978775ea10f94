#include "x11vnc.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <thread>
#include <vector>

#include "processor_time.h"

namespace hvfbd::bench {

namespace {

constexpr const char* socket_name = "vnc";

// A viewer of RFB 3.8 that takes raw pixels and throws them away. Any mistake ends it.
class RawViewer {
  public:
    explicit RawViewer(int socket) : socket_(socket) {}

    void introduce() {
        take(12);
        put("RFB 003.008\n", 12);
        take(take(1)[0]);
        put("\1", 1);  // no authentication
        take(4);
        put("\1", 1);  // shared
        const auto& init = take(24);
        width_ = number(init, 0);
        height_ = number(init, 2);
        take(static_cast<std::size_t>(init[20]) << 24U | static_cast<std::size_t>(init[21]) << 16U |
             static_cast<std::size_t>(init[22]) << 8U | init[23]);
    }
    void ask(bool incremental) {
        const std::array<std::uint8_t, 10> request = {3,
                                                      incremental ? std::uint8_t{1} : std::uint8_t{0},
                                                      0,
                                                      0,
                                                      0,
                                                      0,
                                                      static_cast<std::uint8_t>(width_ >> 8U),
                                                      static_cast<std::uint8_t>(width_),
                                                      static_cast<std::uint8_t>(height_ >> 8U),
                                                      static_cast<std::uint8_t>(height_)};
        put(request.data(), request.size());
    }
    // The pixels of the next update.
    std::uint64_t update() {
        for (;;) {
            const std::uint8_t type = take(1)[0];
            if (type == 2) continue;  // a bell
            if (type != 0) std::_Exit(1);
            std::uint64_t pixels = 0;
            for (unsigned left = number(take(3), 1); left > 0; --left) {
                const auto& rectangle = take(12);
                const std::size_t area =
                    static_cast<std::size_t>(number(rectangle, 4)) * number(rectangle, 6);
                take(area * 4);
                pixels += area;
            }
            return pixels;
        }
    }

  private:
    const std::vector<std::uint8_t>& take(std::size_t count) {
        if (room_.size() < count) room_.resize(count);
        for (std::size_t got = 0; got < count;) {
            const ssize_t more = read(socket_, room_.data() + got, count - got);
            if (more <= 0) std::_Exit(1);
            got += static_cast<std::size_t>(more);
        }
        return room_;
    }
    static unsigned number(const std::vector<std::uint8_t>& bytes, std::size_t at) {
        return static_cast<unsigned>(bytes[at] << 8U) | bytes[at + 1];
    }
    void put(const void* data, std::size_t count) {
        if (write(socket_, data, count) != static_cast<ssize_t>(count)) std::_Exit(1);
    }

    int socket_;
    unsigned width_ = 0, height_ = 0;
    std::vector<std::uint8_t> room_;
};

void* map(int file, std::size_t size) {
    void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE,
                        file < 0 ? MAP_SHARED | MAP_ANONYMOUS : MAP_SHARED | MAP_POPULATE, file, 0);
    if (memory == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
    return memory;
}

}  // namespace

X11vnc::X11vnc(int width, int height) : canvas_{nullptr, width, height, width} {
    std::string folder = "/dev/shm/hvfbd-bench-XXXXXX";
    if (!mkdtemp(folder.data())) throw std::system_error(errno, std::generic_category(), folder);
    folder_ = folder;
    try {
        shared_ = static_cast<Shared*>(map(-1, sizeof(Shared)));
        start_server(width, height);
        start_viewer();
        pause();
    } catch (...) {
        end();
        throw;
    }
}

X11vnc::~X11vnc() {
    end();
}

void X11vnc::end() noexcept {
    for (const pid_t pid : {viewer_, server_}) {
        if (pid <= 0) continue;
        kill(pid, SIGKILL);
        waitpid(pid, nullptr, 0);
    }
    if (canvas_.pixels) munmap(canvas_.pixels, canvas_.bytes());
    if (shared_) munmap(shared_, sizeof(Shared));
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

void X11vnc::start_server(int width, int height) {
    const std::string picture = folder_ / "picture", socket = folder_ / socket_name;
    const int file = open(picture.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) throw std::system_error(errno, std::generic_category(), picture);
    const bool sized = ftruncate(file, static_cast<off_t>(canvas_.bytes())) == 0;
    if (sized) canvas_.pixels = static_cast<std::uint32_t*>(map(file, canvas_.bytes()));
    close(file);
    if (!sized) throw std::system_error(errno, std::generic_category(), picture);
    std::vector<std::string> words = {
        "x11vnc",
        "-rawfb",
        "map:" + picture + "@" + std::to_string(width) + "x" + std::to_string(height) + "x32:ff0000/ff00/ff",
        "-unixsock",
        socket,
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
    posix_spawn_file_actions_init(&actions);
    for (const int output : {1, 2})
        posix_spawn_file_actions_addopen(&actions, output, "/dev/null", O_WRONLY, 0);
    const int error = posix_spawnp(&server_, "x11vnc", &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) {
        server_ = -1;
        throw std::system_error(error, std::generic_category(), "start x11vnc (apt install x11vnc)");
    }
}

void X11vnc::start_viewer() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, (folder_ / socket_name).c_str(), sizeof address.sun_path - 1);
    const int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    for (int tries = 0; connect(connection, reinterpret_cast<sockaddr*>(&address), sizeof address) < 0;
         ++tries) {
        if (tries == 100) {
            close(connection);
            throw std::runtime_error("x11vnc does not serve on its socket");
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    viewer_ = fork();
    if (viewer_ == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        RawViewer viewer(connection);
        viewer.introduce();
        viewer.ask(false);
        for (;;) {
            const std::uint64_t pixels = viewer.update();
            if (pixels > 0) {
                ++shared_->updates;
                shared_->pixels += pixels;
            }
            viewer.ask(true);
        }
    }
    close(connection);
    if (viewer_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
}

void X11vnc::resume() {
    kill(server_, SIGCONT);
}

void X11vnc::pause() {
    kill(server_, SIGSTOP);
}

Work X11vnc::work(bool) {
    if (waitpid(viewer_, nullptr, WNOHANG) != 0) throw std::runtime_error("x11vnc has hung up");
    Work work;
    work.presents = shared_->updates;
    work.pixels_told = shared_->pixels;
    work.processor_time = processor_time_of(server_);
    return work;
}

}  // namespace hvfbd::bench
