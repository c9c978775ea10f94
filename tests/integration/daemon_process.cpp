#include "daemon_process.h"

#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <csignal>
#include <cstring>
#include <optional>
#include <tuple>

#include "base/error.h"
#include "control/keeper.h"
#include "control/reports.h"
#include "fakes/fake_output.h"
#include "fakes/service_manager.h"
#include "output/hyperv/hyperv_output.h"
#include "output/simulated_uio.h"
#include "pipeline.h"

namespace hvfbd::testing {

struct DaemonProcess::Request {
    enum class Kind {
        open,
        view,
        activate,
        set_visible,
        set_tuning,
        set_mode,
        refuse,
        await_equal,
        counters
    } kind;
    std::uint64_t value = 0;
    Mode mode{};
    Tuning tuning{};
    unsigned display = 0;
    bool keep = false;
    char name[64] = {};
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

// Readable when it has ended, whoever's child it is.
Descriptor open_process(pid_t pid) {
    Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (!process) throw_errno("open the daemon process");
    return process;
}

}  // namespace

std::uint64_t sum_of(const void* pixels, std::uint32_t width, std::uint32_t height, std::uint32_t stride) {
    std::uint64_t sum = 0xcbf29ce484222325;
    for (std::uint32_t y = 0; y < height; ++y)
        for (std::uint32_t x = 0; x < width; ++x) {
            std::uint32_t pixel = 0;
            std::memcpy(&pixel, static_cast<const std::byte*>(pixels) + std::size_t{y} * stride + x * 4, 4);
            sum = (sum ^ pixel) * 0x100000001b3;
        }
    return sum;
}

DaemonProcess::DaemonProcess(Mode mode, std::uint32_t stride, Kind kind, unsigned displays)
    : displays_(displays) {
    start([=](EventLoop&,
              const OutputLegacy*) { return std::make_unique<FakeOutput>(layout_for(mode, stride)); },
          kind);
}

DaemonProcess::DaemonProcess(const SimulatedHost& host) {
    auto make = [=](EventLoop& loop, const OutputLegacy* legacy) {
        hyperv::HypervOutput::Options options;
        options.session.assume_visible = host.assume_visible;
        options.session.timing = {std::chrono::milliseconds(500), std::chrono::milliseconds(1),
                                  std::chrono::milliseconds(20)};
        options.rectangles_per_message = host.rectangles_per_message;
        return std::make_unique<hyperv::HypervOutput>(loop, std::make_unique<SimulatedUioPort>(host.path),
                                                      hyperv::FramebufferSource("simulated", 0), options,
                                                      legacy);
    };
    start(make, host.kind);
}

void DaemonProcess::start(const MakeOutput& make_output, Kind kind) {
    if (kind == Kind::managed) shared_ = Shared<Managed>::make();
    Descriptor far;
    std::tie(control_, far) = message_channel();
    pid_ = fork_process([&]() -> int {
        control_.reset();
        if (shared_) manage(far, make_output, *shared_);
        serve(std::move(far), make_output, {});
    });
}

void DaemonProcess::manage(const Descriptor& control, const MakeOutput& make_output, Managed& shared) const {
    ServiceManager manager;
    ::setenv("NOTIFY_SOCKET", manager.address().c_str(), 1);
    for (;;) {
        shared.stored.store(manager.stored());
        pid_t child = fork_process([&]() -> int {
            serve(control.duplicate(), make_output, {true, manager.hand_over()});
        });
        shared.pid.store(child);
        Descriptor process = open_process(child);
        pollfd ready[] = {{manager.socket(), POLLIN, 0}, {process.get(), POLLIN, 0}};
        do {
            ::poll(ready, 2, -1);
            manager.listen();
        } while ((ready[1].revents & POLLIN) == 0);
        ::waitpid(child, nullptr, 0);
        // What it sent before it ended still counts, as it does for systemd.
        manager.listen();
        if (!shared.wanted.load()) {
            manager.empty();
            shared.pid.store(0);
            // A futex of std::atomic is one process's own.
            timespec moment{0, 1'000'000};
            while (!shared.wanted.load()) ::nanosleep(&moment, nullptr);
        }
    }
}

void DaemonProcess::end_by(int number) {
    pid_t pid = shared_->pid.load();
    Descriptor process = open_process(pid);
    ::kill(pid, number);
    pollfd ended{process.get(), POLLIN, 0};
    if (::poll(&ended, 1, 10000) != 1) throw std::runtime_error("the daemon does not end");
    // Until the manager has seen it too, the number is the old one's.
    while (shared_->wanted.load() && shared_->pid.load() == pid) ::sched_yield();
}

void DaemonProcess::stop_for_good() {
    shared_->wanted.store(false);
    end_by(SIGTERM);
    while (shared_->pid.load() != 0) ::sched_yield();
}

void DaemonProcess::start_again() {
    shared_->wanted.store(true);
    shared_->wanted.notify_all();
    while (shared_->pid.load() == 0) ::sched_yield();
}

DaemonProcess::~DaemonProcess() {
    kill();
}

void DaemonProcess::signal(int number) {
    ::kill(pid(), number);
}

void DaemonProcess::kill() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
    shared_ = {};
}

DaemonProcess::Answer DaemonProcess::ask(Request request, Opened* opened) {
    request.display = display_;
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

DaemonProcess::Opened DaemonProcess::open(bool explicit_damage, bool keep, const std::string& name) {
    Opened opened;
    Request request{Request::Kind::open, explicit_damage};
    request.keep = keep;
    name.copy(request.name, sizeof request.name - 1);
    ask(request, &opened);
    return opened;
}
DaemonProcess::Opened DaemonProcess::view() {
    Opened opened;
    ask({Request::Kind::view}, &opened);
    return opened;
}
void DaemonProcess::activate(unsigned number) {
    ask({Request::Kind::activate, number});
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

namespace {

struct PrintingReport : Report {
    void not_restored(std::string_view who, std::string_view why) override {
        ::fprintf(stderr, "daemon process: %.*s is lost: %.*s\n", static_cast<int>(who.size()), who.data(),
                  static_cast<int>(why.size()), why.data());
    }
    void protocol_violated(std::string_view who, std::string_view what) override {
        ::fprintf(stderr, "daemon process: %.*s: %.*s\n", static_cast<int>(who.size()), who.data(),
                  static_cast<int>(what.size()), what.data());
    }
};

struct Display {
    Display(EventLoop& loop, std::unique_ptr<Output> made, const Tuning& tuning, Report& report)
        : output(std::move(made)),
          fake(dynamic_cast<FakeOutput*>(output.get())),
          pipeline(loop, *output, tuning, report) {}
    std::unique_ptr<Output> output;
    FakeOutput* fake;
    Pipeline pipeline;
};

}  // namespace

void DaemonProcess::serve(Descriptor control, const MakeOutput& make_output, DescriptorStore store) const {
    sigset_t signals;
    ::sigemptyset(&signals);
    ::sigaddset(&signals, SIGTERM);
    ::sigprocmask(SIG_BLOCK, &signals, nullptr);
    Keeper keeper(store);
    Decoded inherited = keeper.inherit();
    Tuning configured;
    EventLoop loop;
    PrintingReport printing;
    Reports report{&printing, &keeper};
    std::vector<std::unique_ptr<Display>> displays;
    std::vector<const Pipeline*> pipelines;
    for (unsigned number = 0; number < displays_; ++number) {
        KeptDisplay kept = inherited.state ? inherited.state->displays.at(number) : KeptDisplay{};
        Tuning tuning;
        for (const auto& [name, value] : kept.tuning) set(tuning, name, value);
        Legacy descriptors = keeper.legacy_of(number);
        OutputLegacy legacy{kept.output, descriptors};
        std::unique_ptr<Output> output = make_output(loop, &legacy);
        if (kept.mode && dynamic_cast<FakeOutput*>(output.get())) output->set_mode(*kept.mode);
        displays.push_back(std::make_unique<Display>(loop, std::move(output), tuning, report));
        Display& display = *displays.back();
        if (inherited.state) display.pipeline.restore(kept, keeper.first_serial(), descriptors, loop.now());
        pipelines.push_back(&display.pipeline);
    }
    keeper.begin(pipelines, configured);
    LoopSource terminate = loop.on_signal(SIGTERM, [&] {
        for (auto& display : displays) display->pipeline.finish(loop.now());
        ::_exit(0);
    });

    auto difference = [&](Display& display) {
        auto& [output, fake, pipeline] = display;
        const Surface* surface = pipeline.surfaces().active();
        const Picture& front = pipeline.front();
        Difference found;
        found.front_sum =
            sum_of(front.bytes().data(), front.layout().width, front.layout().height, front.layout().stride);

        if (surface)
            found.front_shadow = different_pixels(front.bytes(), front.layout(), surface->shadow().bytes(),
                                                  surface->shadow().layout());
        if (!fake) return found;
        found.scanout_front =
            different_pixels(front.bytes(), front.layout(), output->scanout(), output->layout());
        found.host_front =
            different_pixels(front.bytes(), front.layout(), fake->host_picture(), output->layout());
        return found;
    };
    // A question for equality that is not yet answered.
    std::optional<Time> equality_deadline;
    unsigned equality_of = 0;
    EventLoop::Alarm deadline{loop, [] {}};

    auto settle_equality = [&](Time now) {
        if (!equality_deadline) return;
        Answer answer;
        answer.difference = difference(*displays[equality_of]);
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
        auto& [output, fake, pipeline] = *displays.at(request.display);
        switch (request.kind) {
            case Request::Kind::open: {
                Surfaces::Opened opened = pipeline.open_surface(
                    {request.name, request.value != 0, request.keep}, Client{":1.1", 1000, 1, {}}, now);
                answer.layout = opened.layout;
                std::array fds{opened.buffer.get(), opened.channel.get()};
                send_with(control.get(), &answer, sizeof answer, fds);
                return;
            }
            case Request::Kind::view: {
                Viewers::Opened opened = pipeline.open_viewer(Client{":1.2", 1000, 1, {}}, now);
                answer.layout = opened.layout;
                std::array fds{opened.front.get(), opened.channel.get()};
                send_with(control.get(), &answer, sizeof answer, fds);
                return;
            }
            case Request::Kind::activate:
                pipeline.activate(static_cast<SurfaceNumber>(request.value), now);
                break;
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
                equality_of = request.display;
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
                                   static_cast<std::uint64_t>(usage.ru_nvcsw),
                                   pipeline.surfaces().all().size(),
                                   pipeline.viewers().size(),
                                   pipeline.tuning().refresh_limit};
                break;
            }
        }
        send_with(control.get(), &answer, sizeof answer, {});
    });

    loop.after_turn([&](Time now) {
        keeper.save();
        for (auto& display : displays) display->pipeline.update(now);
        keeper.save();
        settle_equality(now);
    });
    try {
        for (auto& display : displays) display->pipeline.update(loop.now());
        loop.run();
    } catch (const std::exception& exception) {
        ::fprintf(stderr, "daemon process: %s\n", exception.what());
    }
    ::_exit(1);
}

}  // namespace hvfbd::testing
