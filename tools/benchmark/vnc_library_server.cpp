// libvncserver and nothing else, for row 14 of the bench: hvfbd-bench-library FILE WIDTH HEIGHT SOCKET RATE
// It shows a picture of the format XRGB8888 in a file to one client at a time, and takes all of it for
// changed so many times a second. What it costs is what the library costs.
#include <poll.h>
#include <rfb/rfb.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>

#include <fcntl.h>
#include <array>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iostream>

namespace {

rfbScreenInfoPtr screen_of(const char* file, int width, int height) {
    const std::size_t size =
        std::size_t{4} * static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
    const int picture = ::open(file, O_RDONLY | O_CLOEXEC);
    void* const pixels = picture < 0 ? MAP_FAILED : ::mmap(nullptr, size, PROT_READ, MAP_SHARED, picture, 0);
    if (pixels == MAP_FAILED) return nullptr;
    int no_words = 0;
    rfbScreenInfoPtr screen = ::rfbGetScreen(&no_words, nullptr, width, height, 8, 3, 4);
    if (screen == nullptr) return nullptr;
    screen->frameBuffer = static_cast<char*>(pixels);
    screen->serverFormat.depth = 24;
    screen->serverFormat.redShift = 16;
    screen->serverFormat.greenShift = 8;
    screen->serverFormat.blueShift = 0;
    screen->cursor = nullptr;
    screen->deferUpdateTime = 0;
    return screen;
}

int listen_on(const char* path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket < 0 || ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0 ||
        ::listen(socket, 1) < 0)
        return -1;
    return socket;
}

// It begins when the client has the first picture, and waits for no more of it.
bool start(int clock, long rate) {
    constexpr long second = 1'000'000'000, first = 200'000'000;
    const itimerspec each{{0, second / rate}, {1, first}};
    return ::timerfd_settime(clock, 0, &each, nullptr) == 0;
}

void serve(rfbScreenInfoPtr screen, rfbClientPtr client, int clock) {
    while (client != nullptr && client->sock >= 0) {
        std::array<pollfd, 2> watched = {pollfd{client->sock, POLLIN, 0}, pollfd{clock, POLLIN, 0}};
        if (::poll(watched.data(), watched.size(), -1) < 0) continue;
        if (watched[1].revents != 0) {
            std::uint64_t times = 0;
            (void)!::read(clock, &times, sizeof times);
            ::rfbMarkRectAsModified(screen, 0, 0, screen->width, screen->height);
        }
        if (watched[0].revents != 0) ::rfbProcessClientMessage(client);
        if (client->sock >= 0) ::rfbUpdateClient(client);
    }
    if (client != nullptr) ::rfbClientConnectionGone(client);
}

}  // namespace

int main(int count, char** words) {
    if (count != 6) {
        std::cerr << "hvfbd-bench-library FILE WIDTH HEIGHT SOCKET RATE\n";
        return 2;
    }
    std::signal(SIGPIPE, SIG_IGN);
    ::rfbLogEnable(FALSE);
    rfbScreenInfoPtr screen = screen_of(words[1], std::atoi(words[2]), std::atoi(words[3]));
    const int listening = listen_on(words[4]), clock = ::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    if (screen == nullptr || listening < 0 || clock < 0) {
        std::cerr << "hvfbd-bench-library: " << words[1] << ", " << words[4] << ": " << std::strerror(errno)
                  << '\n';
        return 1;
    }
    for (;;) {
        const int connection = ::accept4(listening, nullptr, nullptr, SOCK_CLOEXEC);
        if (connection >= 0 && start(clock, std::max(1L, std::atol(words[5]))))
            serve(screen, ::rfbNewClient(screen, connection), clock);
    }
}
