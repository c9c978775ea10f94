#include "daemon_process.h"

#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <csignal>
#include <cstring>
#include <optional>

#include "base/error.h"
#include "fakes/fake_output.h"
#include "output/hyperv/hyperv_output.h"
#include "output/simulated_uio.h"
#include "pipeline.h"

namespace hvfbd::testing {

struct DaemonProcess::Request {
    enum class Kind { open, set_visible, set_tuning, set_mode, refuse, await_equal, counters } kind;
    std::uint64_t value = 0;
    Mode mode{};
    Tuning tuning{};
};

struct DaemonProcess::Answer {
    Layout layout{};
    Difference difference{};
    Counters counters{};
};

namespace {

std::uint64_t different_pixels(std::span<const std::byte> a, const Layout& la, std::span<const std::byte> b,
                               const Layout& lb) {
    std::uint64_t count = 0;
    for (std::uint32_t y = 0; y < la.height; ++y) {
        const std::byte* row_a = a.data() + la.offset(0, y);
        const std::byte* row_b = y < lb.height ? b.data() + lb.offset(0, y) : nullptr;
        for (std::uint32_t x = 0; x < la.width; ++x) {
            std::uint32_t pa = 0, pb = 0;
            std::memcpy(&pa, row_a + x * 4, 4);
            if (row_b && x < lb.width) std::memcpy(&pb, row_b + x * 4, 4);
            count += pa != pb;
        }
    }
    return count;
}

void send_with(int socket, const void* bytes, std::size_t size, std::span<const int> attached) {
    iovec data{const_cast<void*>(bytes), size};
    msghdr header{};
    header.msg_iov = &data;
    header.msg_iovlen = 1;
    alignas(cmsghdr) char control[CMSG_SPACE(2 * sizeof(int))] = {};
    if (!attached.empty()) {
        header.msg_control = control;
        header.msg_controllen = CMSG_SPACE(attached.size_bytes());
        cmsghdr* item = CMSG_FIRSTHDR(&header);
        item->cmsg_level = SOL_SOCKET;
        item->cmsg_type = SCM_RIGHTS;
        item->cmsg_len = CMSG_LEN(attached.size_bytes());
        std::memcpy(CMSG_DATA(item), attached.data(), attached.size_bytes());
    }
    if (::sendmsg(socket, &header, MSG_NOSIGNAL) < 0) throw_errno("speak to the daemon process");
}

}  // namespace

DaemonProcess::DaemonProcess(Mode mode, std::uint32_t stride) {
    start([=](EventLoop&) { return std::make_unique<FakeOutput>(layout_for(mode, stride)); });
}

DaemonProcess::DaemonProcess(const SimulatedHost& host) {
    start([=](EventLoop& loop) {
        hyperv::HypervOutput::Options options;
        options.session.assume_visible = host.assume_visible;
        options.session.timing = {std::chrono::milliseconds(500), std::chrono::milliseconds(1),
                                  std::chrono::milliseconds(20)};
        options.rectangles_per_message = host.rectangles_per_message;
        return std::make_unique<hyperv::HypervOutput>(loop, std::make_unique<SimulatedUioPort>(host.path),
                                                      hyperv::FramebufferSource("simulated", 0), options);
    });
}

void DaemonProcess::start(const MakeOutput& make_output) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) throw_errno("make a socket pair");
    control_.reset(ends[0]);
    Descriptor far{ends[1]};
    pid_ = ::fork();
    if (pid_ < 0) throw_errno("fork");
    if (pid_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        control_.reset();
        serve(std::move(far), make_output);
    }
}

DaemonProcess::~DaemonProcess() {
    kill();
}

void DaemonProcess::signal(int number) {
    ::kill(pid_, number);
}

void DaemonProcess::kill() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
}

DaemonProcess::Answer DaemonProcess::ask(const Request& request, Opened* opened) {
    send_with(control_.get(), &request, sizeof request, {});
    Answer answer;
    iovec data{&answer, sizeof answer};
    msghdr header{};
    header.msg_iov = &data;
    header.msg_iovlen = 1;
    alignas(cmsghdr) char control[CMSG_SPACE(2 * sizeof(int))];
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    if (::recvmsg(control_.get(), &header, MSG_CMSG_CLOEXEC) != static_cast<ssize_t>(sizeof answer))
        throw_errno("hear from the daemon process");
    if (cmsghdr* item = CMSG_FIRSTHDR(&header); item && opened) {
        int fds[2];
        std::memcpy(fds, CMSG_DATA(item), sizeof fds);
        opened->buffer.reset(fds[0]);
        opened->channel.reset(fds[1]);
        opened->layout = answer.layout;
    }
    return answer;
}

DaemonProcess::Opened DaemonProcess::open(bool explicit_damage) {
    Opened opened;
    ask({Request::Kind::open, explicit_damage}, &opened);
    return opened;
}
void DaemonProcess::set_visible(bool visible) {
    ask({Request::Kind::set_visible, visible});
}
void DaemonProcess::set_tuning(const Tuning& tuning) {
    Request request{Request::Kind::set_tuning};
    request.tuning = tuning;
    ask(request);
}
void DaemonProcess::set_mode(Mode mode) {
    ask({Request::Kind::set_mode, 0, mode});
}
void DaemonProcess::refuse(std::uint32_t presents) {
    ask({Request::Kind::refuse, presents});
}
DaemonProcess::Difference DaemonProcess::await_equal(Duration within) {
    return ask({Request::Kind::await_equal, static_cast<std::uint64_t>(within.count())}).difference;
}
DaemonProcess::Counters DaemonProcess::counters() {
    return ask({Request::Kind::counters}).counters;
}

void DaemonProcess::serve(Descriptor control, const MakeOutput& make_output) {
    EventLoop loop;
    std::unique_ptr<Output> made = make_output(loop);
    Output& output = *made;
    auto* fake = dynamic_cast<FakeOutput*>(made.get());
    Report report;
    Tuning tuning;
    Pipeline pipeline{loop, output, tuning, report};

    auto difference = [&] {
        const Surface* surface = pipeline.surfaces().active();
        const Picture& front = pipeline.front();
        Difference found;
        if (surface)
            found.front_shadow = different_pixels(front.bytes(), front.layout(), surface->shadow().bytes(),
                                                  surface->shadow().layout());
        if (!fake) return found;
        found.scanout_front =
            different_pixels(front.bytes(), front.layout(), output.scanout(), output.layout());
        found.host_front =
            different_pixels(front.bytes(), front.layout(), fake->host_picture(), output.layout());
        return found;
    };
    // A question for equality that is not yet answered.
    std::optional<Time> equality_deadline;
    EventLoop::Alarm deadline{loop, [] {}};

    auto settle_equality = [&](Time now) {
        if (!equality_deadline) return;
        Answer answer;
        answer.difference = difference();
        if (!answer.difference.none() && now < *equality_deadline) return;
        equality_deadline.reset();
        deadline.set(std::nullopt);
        send_with(control.get(), &answer, sizeof answer, {});
    };

    LoopSource requests = loop.watch(control.get(), EPOLLIN, [&](std::uint32_t) {
        Request request;
        if (::recv(control.get(), &request, sizeof request, MSG_DONTWAIT) !=
            static_cast<ssize_t>(sizeof request))
            ::_exit(0);
        Answer answer;
        Time now = loop.now();
        switch (request.kind) {
            case Request::Kind::open: {
                Surfaces::Opened opened = pipeline.open_surface({"test", request.value != 0, false},
                                                                Client{":1.1", 1000, 1, {}}, now);
                answer.layout = opened.layout;
                std::array fds{opened.buffer.get(), opened.channel.get()};
                send_with(control.get(), &answer, sizeof answer, fds);
                return;
            }
            case Request::Kind::set_visible:
                fake->set_visible(request.value != 0);
                break;
            case Request::Kind::set_tuning:
                pipeline.set_tuning(request.tuning, now);
                break;
            case Request::Kind::set_mode:
                pipeline.set_mode(request.mode, now);
                break;
            case Request::Kind::refuse:
                fake->refuse_next(static_cast<int>(request.value));
                break;
            case Request::Kind::await_equal:
                equality_deadline = now + Duration(static_cast<std::int64_t>(request.value));
                deadline.set(equality_deadline);
                return;
            case Request::Kind::counters: {
                Statistics statistics = pipeline.statistics();
                rusage usage{};
                // Of the loop's thread alone: a sanitizer's run-time has one of its own.
                ::getrusage(RUSAGE_THREAD, &usage);
                answer.counters = {loop.turns(),
                                   statistics.frames,
                                   statistics.pixels_told,
                                   statistics.bytes_copied,
                                   statistics.faults,
                                   statistics.scans,
                                   static_cast<std::uint64_t>(usage.ru_nvcsw)};
                break;
            }
        }
        send_with(control.get(), &answer, sizeof answer, {});
    });

    loop.after_turn([&](Time now) {
        pipeline.update(now);
        settle_equality(now);
    });
    try {
        loop.run();
    } catch (const std::exception& exception) {
        ::fprintf(stderr, "daemon process: %s\n", exception.what());
    }
    ::_exit(1);
}

}  // namespace hvfbd::testing
