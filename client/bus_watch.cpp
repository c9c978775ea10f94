#include "bus_watch.h"

#include <limits.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

namespace hvfb {

namespace {

int digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// The path of "unix:path=...", where that is all that the address has. Escaped bytes are %XX.
bool path_of(const char* address, std::array<char, PATH_MAX>& path) {
    constexpr const char* transport = "unix:";
    constexpr const char* key = "path=";
    if (std::strncmp(address, transport, std::strlen(transport)) != 0) return false;
    address += std::strlen(transport);
    while (std::strncmp(address, key, std::strlen(key)) != 0) {
        address = std::strpbrk(address, ",;");
        if (!address || *address == ';') return false;
        ++address;
    }
    address += std::strlen(key);
    std::size_t length = 0;
    for (; *address && *address != ','; ++address) {
        char c = *address;
        // One of several: which of them comes back nobody knows.
        if (c == ';') return false;
        if (c == '%') {
            const int high = digit(address[1]), low = high < 0 ? -1 : digit(address[2]);
            if (low < 0) return false;
            c = static_cast<char>(high * 16 + low);
            address += 2;
        }
        if (length + 1 >= path.size()) return false;
        path[length++] = c;
    }
    path[length] = 0;
    return path[0] == '/';
}

}  // namespace

bool BusWatch::begin(const char* address) {
    end();
    std::array<char, PATH_MAX> path = {};
    if (!address || !path_of(address, path)) return false;
    char* const slash = std::strrchr(path.data(), '/');
    const std::size_t length = std::strlen(slash + 1);
    if (length == 0 || length >= name_.size()) return false;
    std::memcpy(name_.data(), slash + 1, length + 1);
    slash[slash == path.data() ? 1 : 0] = 0;
    Descriptor inotify(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    if (!inotify) return false;
    constexpr std::uint32_t events =
        IN_CREATE | IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
    if (inotify_add_watch(inotify.get(), path.data(), events) < 0) return false;
    inotify_ = std::move(inotify);
    return true;
}

bool BusWatch::changed() {
    bool may_be_there = false, lost = false;
    alignas(inotify_event) std::array<char, 4096> events;
    ssize_t length = 0;
    // The program may have closed it, and have a file of that number.
    if (!inotify_.ours()) {
        end();
        return true;
    }
    while ((length = read(inotify_.get(), events.data(), events.size())) > 0) {
        for (ssize_t at = 0; at < length;) {
            inotify_event event = {};
            std::memcpy(&event, events.data() + at, sizeof event);
            const char* name = events.data() + at + sizeof event;
            if (event.mask & (IN_Q_OVERFLOW | IN_IGNORED | IN_UNMOUNT | IN_DELETE_SELF | IN_MOVE_SELF))
                lost = true;
            if (event.len > 0 && std::strcmp(name, name_.data()) == 0) may_be_there = true;
            at += static_cast<ssize_t>(sizeof event + event.len);
        }
    }
    if (length == 0 || errno != EAGAIN) lost = true;
    if (lost) end();
    return may_be_there || lost;
}

}  // namespace hvfb
