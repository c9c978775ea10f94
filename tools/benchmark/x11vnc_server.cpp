#include "x11vnc_server.h"

#include <system_error>
#include <utility>
#include <vector>

namespace hvfbd::bench {

X11vncServer::X11vncServer(int width, int height) : picture_(width, height) {
    std::vector<std::string> words = {"x11vnc",
                                      "-rawfb",
                                      "map:" + picture_.path() + "@" + std::to_string(width) + "x" +
                                          std::to_string(height) + "x32:ff0000/ff00/ff",
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
