#include "server_socket.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <stdexcept>
#include <thread>

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

void await_server(const std::string& socket) {
    ::close(connection_to(socket));
}

}  // namespace hvfbd::bench
