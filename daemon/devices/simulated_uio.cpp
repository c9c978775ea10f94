#include "devices/simulated_uio.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>

#include <array>
#include <atomic>
#include <cstring>
#include <iterator>
#include <map>
#include <vector>

#include "base/descriptor.h"
#include "base/error.h"
#include "base/layout.h"
#include "base/mapping.h"
#include "common/numbers.h"

namespace hvfbd {

namespace {

constexpr std::size_t longest_offer = 1024, most_descriptors = 16;
constexpr std::size_t interrupt_mask_at = 8;  // in a ring's header

class SimulatedUio : public UioDevice {
  public:
    SimulatedUio(Descriptor socket, std::string path) : path_(std::move(path)), socket_(std::move(socket)) {
        poll_ = Descriptor(::epoll_create1(EPOLL_CLOEXEC));
        if (!poll_) throw_errno("make an epoll descriptor");
        watch(socket_.get());
    }

    int descriptor() const override { return poll_.get(); }
    Interrupt acknowledge() override;
    std::optional<UioMap> map(std::string_view name) override {
        auto found = maps_.find(name);
        if (found == maps_.end()) return std::nullopt;
        return UioMap{found->second.bytes(), name == "framebuffer" ? address_ : 0};
    }
    std::optional<unsigned> monitor_id() const override { return monitor_id_; }
    std::optional<Saved> save() const override;
    void signal() noexcept override;
    // The offer that came over the socket, now or in another process. False: that was none.
    bool take_offer(std::string_view text, std::vector<Descriptor> descriptors);

  private:
    void watch(int descriptor) {
        epoll_event event{};
        event.events = EPOLLIN;
        if (::epoll_ctl(poll_.get(), EPOLL_CTL_ADD, descriptor, &event) < 0)
            throw_errno("watch the simulated device " + path_);
    }
    bool receive_offer();
    bool take_line(std::string_view line, std::size_t& next);
    bool take_map(std::string_view name, std::string_view size, const Descriptor& memory);

    std::string path_;
    Descriptor socket_, poll_;
    int interrupt_ = -1, doorbell_ = -1;  // two of those that came with the offer
    std::map<std::string, Mapping, std::less<>> maps_;
    std::string offer_;
    std::vector<Descriptor> offered_;  // as they came with it
    std::uint64_t address_ = 0;
    std::optional<unsigned> monitor_id_;
    bool opened_ = false, gone_ = false;
};

UioDevice::Interrupt SimulatedUio::acknowledge() {
    if (gone_) return Interrupt::gone;
    if (!opened_) {
        if (!receive_offer()) {
            gone_ = true;
            return Interrupt::gone;
        }
        if (!opened_) return Interrupt::opening;
    }
    // The host says nothing more over the socket: whatever can be read there is its end.
    std::byte byte{};
    ssize_t got = ::recv(socket_.get(), &byte, 1, MSG_DONTWAIT);
    if (got >= 0 || (errno != EAGAIN && errno != EINTR)) {
        gone_ = true;
        return Interrupt::gone;
    }
    // The host shares the flags of what it gave, O_NONBLOCK among them, and may change them at any time.
    std::uint64_t count = 0;
    iovec part{&count, sizeof count};
    got = ::preadv2(interrupt_, &part, 1, -1, RWF_NOWAIT);
    return got == sizeof count ? Interrupt::some : Interrupt::none;
}

// False: that was no offer, or there will be none.
bool SimulatedUio::receive_offer() {
    std::array<char, longest_offer> text{};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(most_descriptors * sizeof(int))> control{};
    iovec part{text.data(), text.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    ssize_t size = ::recvmsg(socket_.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (size < 0) return errno == EAGAIN || errno == EINTR;
    // Each has its owner before anything is allocated.
    std::array<Descriptor, most_descriptors> received;
    std::size_t many = 0;
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count && many < received.size(); ++i) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(header) + i * sizeof fd, sizeof fd);
            received.at(many++).reset(fd);
        }
    }
    if ((message.msg_flags & MSG_CTRUNC) != 0 && many < most_descriptors)
        throw_errno("take the descriptors of the simulated device " + path_, EMFILE);
    if (size == 0 || (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) return false;

    std::vector<Descriptor> descriptors(std::make_move_iterator(received.begin()),
                                        std::make_move_iterator(received.begin() + many));
    return take_offer({text.data(), static_cast<std::size_t>(size)}, std::move(descriptors));
}

bool SimulatedUio::take_offer(std::string_view text, std::vector<Descriptor> descriptors) {
    offer_ = text;
    offered_ = std::move(descriptors);
    std::string_view rest = text;
    constexpr std::string_view greeting = "hvfbd-simulated-uio 1\n";
    if (!rest.starts_with(greeting)) return false;
    rest.remove_prefix(greeting.size());
    std::size_t next = 0;
    while (!rest.empty()) {
        std::size_t end = rest.find('\n');
        if (end == std::string_view::npos || !take_line(rest.substr(0, end), next)) return false;
        rest.remove_prefix(end + 1);
    }
    if (interrupt_ < 0 || doorbell_ < 0 || !maps_.contains("txrx_rings")) return false;
    watch(interrupt_);
    opened_ = true;
    return true;
}

bool SimulatedUio::take_line(std::string_view line, std::size_t& next) {
    std::size_t space = line.find(' ');
    std::string_view word = line.substr(0, space);
    std::string_view value = space == std::string_view::npos ? std::string_view{} : line.substr(space + 1);
    static const Descriptor none;
    auto take = [&]() -> const Descriptor& { return next < offered_.size() ? offered_[next++] : none; };
    if (word == "map") {
        space = value.find(' ');
        return space != std::string_view::npos &&
               take_map(value.substr(0, space), value.substr(space + 1), take());
    }
    if (word == "interrupt" || word == "doorbell") {
        int& descriptor = word == "interrupt" ? interrupt_ : doorbell_;
        descriptor = take().get();
        int flags = ::fcntl(descriptor, F_GETFL);
        return flags >= 0 && ::fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0;
    }
    if (word == "address") {
        if (value.starts_with("0x")) value.remove_prefix(2);
        auto address = whole_number<std::uint64_t>(value, 16);
        address_ = address.value_or(0);
        return address.has_value();
    }
    if (word == "monitor") {
        monitor_id_ = whole_number<unsigned>(value);
        return monitor_id_ && *monitor_id_ < 128;
    }
    return true;
}

bool SimulatedUio::take_map(std::string_view name, std::string_view size_text, const Descriptor& memory) {
    auto size = whole_number<std::uint64_t>(size_text);
    struct stat status {};
    if (!memory || !size || *size == 0 || *size % 4096 != 0 || ::fstat(memory.get(), &status) < 0)
        return false;
    // Memory that may shrink would be a SIGBUS here, at any moment.
    int seals = ::fcntl(memory.get(), F_GET_SEALS);
    if (seals < 0 || (seals & F_SEAL_SHRINK) == 0 || static_cast<std::uint64_t>(status.st_size) < *size)
        return false;
    if (name == "txrx_rings" && *size < 4 * page_size()) return false;
    maps_.insert_or_assign(std::string(name), Mapping(memory, *size, Mapping::Access::read_write));
    return true;
}

std::optional<UioDevice::Saved> SimulatedUio::save() const {
    if (!opened_ || gone_) return std::nullopt;
    Saved saved{path_ + '\n' + offer_, {socket_.get()}};
    for (const Descriptor& descriptor : offered_) saved.descriptors.push_back(descriptor.get());
    return saved;
}

void SimulatedUio::signal() noexcept {
    auto rings = maps_.find("txrx_rings");
    if (rings == maps_.end()) return;
    std::span<std::byte> bytes = rings->second.bytes();
    std::byte* mask = bytes.data() + bytes.size() / 2 + interrupt_mask_at;
    std::atomic_ref(*reinterpret_cast<std::uint32_t*>(mask)).store(0);
    std::uint64_t one = 1;
    // Full means that the host has not listened 2^64 times, or has filled it itself and may have taken
    // O_NONBLOCK away: nothing that another signal would mend.
    pollfd room{doorbell_, POLLOUT, 0};
    if (::poll(&room, 1, 0) != 1 || (room.revents & POLLOUT) == 0) return;
    [[maybe_unused]] ssize_t written = ::write(doorbell_, &one, sizeof one);
}

}  // namespace

std::unique_ptr<UioDevice> SimulatedUioPort::open() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path_.size() >= sizeof address.sun_path) throw_errno("connect to " + path_, ENAMETOOLONG);
    std::memcpy(address.sun_path, path_.c_str(), path_.size() + 1);
    Descriptor socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket) throw_errno("make a socket");
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0)
        throw_errno("connect to the simulated device " + path_);
    return std::make_unique<SimulatedUio>(std::move(socket), path_);
}

std::unique_ptr<UioDevice> SimulatedUioPort::restore(const std::string& text,
                                                     std::vector<Descriptor> descriptors) {
    std::string here = path_ + '\n';
    if (!text.starts_with(here) || descriptors.empty() || descriptors.size() > 1 + most_descriptors)
        return nullptr;
    Descriptor socket = std::move(descriptors.front());
    descriptors.erase(descriptors.begin());
    auto device = std::make_unique<SimulatedUio>(std::move(socket), path_);
    if (!device->take_offer(std::string_view(text).substr(here.size()), std::move(descriptors)))
        return nullptr;
    return device;
}

}  // namespace hvfbd
