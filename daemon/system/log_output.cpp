#include "system/log_output.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <utility>

#include "base/passing.h"

namespace hvfbd {

namespace {

// systemd.io/JOURNAL_NATIVE_PROTOCOL: what holds a line's end has its size before it.
void add_field(std::string& datagram, std::string_view name, std::string_view value) {
    datagram += name;
    if (value.find('\n') == std::string_view::npos) {
        datagram += '=';
    } else {
        datagram += '\n';
        for (unsigned byte = 0; byte < 8; ++byte)
            datagram += static_cast<char>(static_cast<std::uint64_t>(value.size()) >> (8 * byte) & 0xff);
    }
    datagram += value;
    datagram += '\n';
}

// What is too long for a datagram goes as a sealed memory. Empty: there is none for it.
Descriptor memory_of(const std::string& datagram) {
    Descriptor memory(::memfd_create("hvfbd-log", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    for (std::string_view rest(datagram); memory && !rest.empty();) {
        ssize_t size = ::write(memory.get(), rest.data(), rest.size());
        if (size <= 0) return {};
        rest.remove_prefix(static_cast<std::size_t>(size));
    }
    if (!memory ||
        ::fcntl(memory.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0)
        return {};
    return memory;
}

}  // namespace

LineOutput::LineOutput(int descriptor, Waiting waiting)
    : waits_(waiting == Waiting::unlimited), descriptor_(descriptor) {
    struct stat status {};
    if (::fstat(descriptor, &status) < 0) return;
    if (S_ISSOCK(status.st_mode)) kind_ = Kind::socket;
    if (!S_ISFIFO(status.st_mode) && !S_ISCHR(status.st_mode)) return;
    kind_ = Kind::stream;
    if (waits_) return;
    std::string path = "/proc/self/fd/" + std::to_string(descriptor);
    own_.reset(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
}

ssize_t LineOutput::write_some(std::string_view text) {
    if (kind_ == Kind::socket)
        return ::send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL | (waits_ ? 0 : MSG_DONTWAIT));
    if (own_) return ::write(own_.get(), text.data(), text.size());
    if (kind_ == Kind::stream && !waits_) {
        // Whoever says that there is room has room for this much.
        pollfd room{descriptor_, POLLOUT, 0};
        if (::poll(&room, 1, 0) <= 0 || (room.revents & POLLOUT) == 0) {
            errno = EAGAIN;
            return -1;
        }
        text = text.substr(0, PIPE_BUF);
    }
    return ::write(descriptor_, text.data(), text.size());
}

bool LineOutput::flush() {
    while (!rest_.empty()) {
        ssize_t size = write_some(rest_);
        if (size < 0 && errno == EINTR) continue;
        if (size <= 0) return false;
        rest_.erase(0, static_cast<std::size_t>(size));
    }
    return true;
}

bool LineOutput::write(std::string_view line) {
    if (!flush()) return false;
    rest_ = line;
    flush();
    if (rest_.size() < line.size()) return true;  // what is left of it goes before the next
    rest_.clear();
    return line.empty();
}

LogOutput::LogOutput(std::string journal, LineOutput output)
    : journal_(std::move(journal)), output_(std::move(output)) {
    if (journal_.empty()) return;
    socket_.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    // As libsystemd has it: room for a burst.
    int size = 8 << 20;
    if (socket_) ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
}

LogOutput::Sent LogOutput::send(const std::string& datagram) {
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    journal_.copy(to.sun_path, sizeof to.sun_path - 1);
    // Named each time: journald's socket may be another by now.
    Passing packet{.data = datagram.data(),
                   .size = datagram.size(),
                   .to = reinterpret_cast<const sockaddr*>(&to),
                   .to_size = sizeof to};
    if (pass(socket_.get(), packet)) return Sent::done;
    Descriptor memory;
    if (errno == EMSGSIZE || errno == ENOBUFS) {
        memory = memory_of(datagram);
        if (!memory) return Sent::later;
        packet.size = 0;
        packet.attached = memory.get();
        if (pass(socket_.get(), packet)) return Sent::done;
    }
    bool nobody = errno == ENOENT || errno == ECONNREFUSED || errno == EACCES || errno == EBADF;
    return nobody ? Sent::nobody : Sent::later;
}

bool LogOutput::write_one(int priority, std::string_view message, std::span<const LogField> fields,
                          std::string_view line) {
    if (journal_.empty()) return output_.write(line);
    std::string datagram;
    add_field(datagram, "MESSAGE", message);
    add_field(datagram, "PRIORITY", std::to_string(priority));
    add_field(datagram, "SYSLOG_IDENTIFIER", "hvfbd");
    for (const LogField& field : fields) add_field(datagram, field.name, field.value);
    Sent sent = send(datagram);
    return sent == Sent::nobody ? output_.write(line) : sent == Sent::done;
}

void LogOutput::write(int priority, std::string_view message, std::span<const LogField> fields,
                      std::string_view line) {
    if (lost_ > 0) {
        std::string said = std::to_string(lost_) +
                           (lost_ == 1 ? " line of the log was" : " lines of the log were") +
                           " lost: nobody read them";
        if (!write_one(LOG_WARNING, said, {}, "hvfbd: warning: " + said + "\n")) {
            ++lost_;
            return;
        }
        lost_ = 0;
    }
    if (!write_one(priority, message, fields, line)) ++lost_;
}

}  // namespace hvfbd
