#include "run/keyboards/holder.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iostream>
#include <map>
#include <system_error>
#include <vector>

#include "run/beside.h"
#include "run/keyboards/active_surface.h"
#include "run/keyboards/held_keyboards.h"
#include "run/keyboards/kernel_keyboards.h"
#include "run/keyboards/message.h"

namespace run {
namespace {

using Clock = HeldKeyboards::Clock;

[[noreturn]] void failed(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

hvfbd::Descriptor process_descriptor(pid_t process) {
    return hvfbd::Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, process, 0)));
}

class KeyboardHolder {
  public:
    KeyboardHolder(hvfbd::Descriptor socket, pid_t program, const KeyboardSettings& settings)
        : socket_(std::move(socket)), explain_(settings.explain), active_(settings.bus, settings.display) {
        note_process(program);
        for (auto& found : KernelKeyboards::all()) add(std::move(found));
    }

    // Until the last of the program's processes that are known has ended.
    void run() {
        while (!processes_.empty()) {
            active_.update();
            update();
            wait();
            forget_ended();
            for (const std::string& path : watched_.appeared()) add(KernelKeyboards::open(path));
            while (receive()) {
            }
        }
    }

  private:
    struct Process {
        hvfbd::Descriptor descriptor;
        bool surface = false;
    };

    void note_process(pid_t process) {
        if (processes_.contains(process)) return;
        if (hvfbd::Descriptor descriptor = process_descriptor(process))
            processes_.emplace(process, Process{std::move(descriptor), false});
    }

    void add(KernelKeyboards::Found found) {
        if (!found.descriptor) return;
        const auto device = KernelKeyboards::number_of(found.descriptor.get());
        keyboards_.add(device, std::move(found.descriptor), Clock::now());
    }

    void update() {
        const auto shown = processes_.find(active_.process());
        keyboards_.set_active(shown != processes_.end() && shown->second.surface, Clock::now());
        try_at_ = keyboards_.update(Clock::now());
        const unsigned held = keyboards_.held();
        if (explain_ && held != held_)
            std::cerr << "hvfb-run: " + std::to_string(held) + " keyboards are the program's alone\n";
        held_ = held;
    }

    void wait() {
        std::vector<pollfd> watched{{socket_.get(), POLLIN, 0},
                                    {watched_.descriptor(), POLLIN, 0},
                                    {active_.descriptor(), active_.events(), 0}};
        for (const auto& [number, process] : processes_)
            watched.push_back({process.descriptor.get(), POLLIN, 0});
        const auto next = std::min(active_.next(), try_at_.value_or(Clock::time_point::max()));
        int wait_ms = -1;
        if (next != Clock::time_point::max()) {
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now()).count();
            wait_ms = static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
        }
        ::poll(watched.data(), watched.size(), wait_ms);
    }

    void forget_ended() {
        std::erase_if(processes_, [](const auto& each) {
            pollfd ended{each.second.descriptor.get(), POLLIN, 0};
            return ::poll(&ended, 1, 0) > 0;
        });
    }

    bool receive() {
        char byte = 0;
        iovec part{&byte, 1};
        alignas(cmsghdr) char control[CMSG_SPACE(sizeof(ucred)) + CMSG_SPACE(2 * sizeof(int))] = {};
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        if (::recvmsg(socket_.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) < 0) return false;
        ucred from{};
        int numbers[2] = {-1, -1};
        for (cmsghdr* header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
            const std::size_t size = header->cmsg_len - CMSG_LEN(0);
            if (header->cmsg_type == SCM_CREDENTIALS && size == sizeof from)
                std::memcpy(&from, CMSG_DATA(header), size);
            if (header->cmsg_type == SCM_RIGHTS && size <= sizeof numbers)
                std::memcpy(numbers, CMSG_DATA(header), size);
        }
        hvfbd::Descriptor device(numbers[0]);
        const hvfbd::Descriptor done(numbers[1]);
        if (byte == static_cast<char>(KeyboardMessage::surface)) {
            note_process(from.pid);
            if (const auto process = processes_.find(from.pid); process != processes_.end())
                process->second.surface = true;
        } else if (device && is_input_device(device.get()) && KernelKeyboards::is_keyboard(device.get())) {
            const auto number = KernelKeyboards::number_of(device.get());
            keyboards_.opened_by_program(number, std::move(device), Clock::now());
        }
        if (done) ::eventfd_write(done.get(), 1);
        return true;
    }

    hvfbd::Descriptor socket_;
    bool explain_;
    ActiveSurface active_;
    WatchedDevices watched_;
    KernelKeyboards kernel_;
    HeldKeyboards keyboards_{kernel_};
    std::map<pid_t, Process> processes_;
    std::optional<Clock::time_point> try_at_;
    unsigned held_ = 0;
};

}  // namespace

std::string wrong_with_keyboards() {
    for (const auto& found : KernelKeyboards::all())
        if (found.error == EACCES || found.error == EPERM)
            return "--grab: " + found.path + ": " + std::strerror(found.error) +
                   ". Keyboards are root's and group input's: usermod --append --groups input USER";
    return {};
}

std::string hold_keyboards(const KeyboardSettings& settings) {
    const hvfbd::Descriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!socket) failed("a socket for the keyboards");
    std::uint64_t number = 0;
    if (::getrandom(&number, sizeof number, 0) != sizeof number) failed("a name for the keyboards' socket");
    std::string name = "hvfb-run-keyboards-" + std::to_string(number);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::copy(name.begin(), name.end(), address.sun_path + 1);
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    const int yes = 1;
    if (::setsockopt(socket.get(), SOL_SOCKET, SO_PASSCRED, &yes, sizeof yes) != 0 ||
        ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0)
        failed("a socket for the keyboards");
    const pid_t program = ::getpid();
    start_beside("hvfb-run-keys", socket.get(), settings.explain,
                 [program, &settings] { KeyboardHolder(hvfbd::Descriptor(3), program, settings).run(); });
    return name;
}

}  // namespace run
