#include "x11vnc.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <vector>

#include "processor_time.h"
#include "server_socket.h"

namespace hvfbd::bench {

namespace {

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

}  // namespace

X11vnc::X11vnc(int width, int height) : server_(width, height) {
    void* const memory =
        mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
    shared_ = static_cast<Shared*>(memory);
    try {
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
    if (viewer_ > 0) {
        kill(viewer_, SIGKILL);
        waitpid(viewer_, nullptr, 0);
    }
    munmap(shared_, sizeof(Shared));
}

void X11vnc::start_viewer() {
    const int connection = connection_to(server_.socket());
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
    kill(server_.pid(), SIGCONT);
}

void X11vnc::pause() {
    kill(server_.pid(), SIGSTOP);
}

Work X11vnc::work(bool) {
    if (waitpid(viewer_, nullptr, WNOHANG) != 0) throw std::runtime_error("x11vnc has hung up");
    Work work;
    work.presents = shared_->updates;
    work.pixels_told = shared_->pixels;
    work.processor_time = processor_time_of(server_.pid());
    return work;
}

}  // namespace hvfbd::bench
