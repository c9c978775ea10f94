#include "hvhost/device.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace hvhost {

namespace {

[[noreturn]] void fail(const std::string& tried) {
    throw std::system_error(errno, std::system_category(), tried);
}

Fd event() {
    Fd fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!fd) fail("make an eventfd");
    return fd;
}

constexpr std::size_t page = 4096;

}  // namespace

Fd& Fd::operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
}

Fd::~Fd() {
    if (fd_ >= 0) ::close(fd_);
}

SharedMemory::SharedMemory(const char* name, std::size_t size)
    : fd_(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING)) {
    if (!fd_ || ::ftruncate(fd_.get(), static_cast<off_t>(size)) < 0 ||
        ::fcntl(fd_.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) < 0)
        fail("make shared memory");
    void* address = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd_.get(), 0);
    if (address == MAP_FAILED) fail("map shared memory");
    bytes_ = {static_cast<std::byte*>(address), size};
}

SharedMemory::SharedMemory(SharedMemory&& other) noexcept
    : fd_(std::move(other.fd_)), bytes_(std::exchange(other.bytes_, {})) {}

SharedMemory::~SharedMemory() {
    if (!bytes_.empty()) ::munmap(bytes_.data(), bytes_.size());
}

Connection::Connection(Fd socket, std::size_t ring_size, std::optional<unsigned> monitor)
    : socket_(std::move(socket)),
      interrupt_(event()),
      doorbell_(event()),
      rings_("hvhost rings", ring_size),
      monitor_page_("hvhost monitor page", page),
      monitor_(monitor) {}

bool Connection::offer(const SharedMemory& video_memory, std::uint64_t address) {
    std::array<char, 32> hexadecimal{};
    std::snprintf(hexadecimal.data(), hexadecimal.size(), "0x%llx", static_cast<unsigned long long>(address));
    std::string offer = "hvfbd-simulated-uio 1\nmap txrx_rings " + std::to_string(rings_.bytes().size()) +
                        "\nmap monitor_page 4096\nmap framebuffer " +
                        std::to_string(video_memory.bytes().size()) + "\naddress " + hexadecimal.data() +
                        "\n";
    if (monitor_) offer += "monitor " + std::to_string(*monitor_) + "\n";
    offer += "interrupt\ndoorbell\n";
    std::array fds{rings_.fd(), monitor_page_.fd(), video_memory.fd(), interrupt_.get(), doorbell_.get()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof fds)> control{};
    iovec part{offer.data(), offer.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fds);
    std::memcpy(CMSG_DATA(header), fds.data(), sizeof fds);
    return ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL) >= 0;
}

void Connection::take_doorbell() {
    std::uint64_t count = 0;
    [[maybe_unused]] ssize_t got = ::read(doorbell_.get(), &count, sizeof count);
}

bool Connection::take_monitor_bit() {
    if (!monitor_) return true;
    auto* word = reinterpret_cast<std::uint32_t*>(monitor_page_.bytes().data() + 8 +
                                                  std::size_t{8} * (*monitor_ / 32));
    std::uint32_t bit = std::uint32_t{1} << (*monitor_ % 32);
    return (std::atomic_ref(*word).fetch_and(~bit) & bit) != 0;
}

void Connection::interrupt() {
    std::uint64_t one = 1;
    [[maybe_unused]] ssize_t written = ::write(interrupt_.get(), &one, sizeof one);
}

Fd listen_at(const std::string& path, int type) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        fail("listen at " + path);
    }
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    ::unlink(path.c_str());
    Fd fd(::socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd || ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0 ||
        ::listen(fd.get(), 16) < 0)
        fail("listen at " + path);
    return fd;
}

}  // namespace hvhost
