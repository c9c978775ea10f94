// What runs in the daemon's process.
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <optional>
#include <vector>

#include "daemon.h"
#include "daemon_process_messages.h"
#include "fakes/fake_output.h"

namespace hvfbd::testing {
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

struct PrintingReport : Observer {
    void not_restored(std::string_view who, std::string_view why) override {
        ::fprintf(stderr, "daemon process: %.*s is lost: %.*s\n", static_cast<int>(who.size()), who.data(),
                  static_cast<int>(why.size()), why.data());
    }
    void protocol_violated(std::string_view who, std::string_view what) override {
        ::fprintf(stderr, "daemon process: %.*s: %.*s\n", static_cast<int>(who.size()), who.data(),
                  static_cast<int>(what.size()), what.data());
    }
};

}  // namespace

void DaemonProcess::serve(Descriptor control, const MakeOutput& make_output, DescriptorStore store) const {
    sigset_t signals;
    ::sigemptyset(&signals);
    ::sigaddset(&signals, SIGTERM);
    ::sigprocmask(SIG_BLOCK, &signals, nullptr);
    spdlog::set_default_logger(spdlog::stderr_logger_st("daemon process"));
    spdlog::set_level(spdlog::level::warn);
    std::vector<Output*> outputs;
    Daemon daemon({}, std::move(store),
                  {[&](EventLoop& loop, std::span<const RestoredOutput> restored_outputs) {
                       auto made = std::make_unique<SeparateOutputs>();
                       for (unsigned number = 0; number < displays_; ++number) {
                           const RestoredOutput* restored =
                               number < restored_outputs.size() ? &restored_outputs[number] : nullptr;
                           std::unique_ptr<Output> output = make_output(loop, restored);
                           if (restored && restored->mode && dynamic_cast<FakeOutput*>(output.get()))
                               output->set_mode(*restored->mode);
                           made->add(std::move(output));
                       }
                       outputs = made->all();
                       return made;
                   },
                   [](std::size_t, bool) { return std::make_unique<PrintingReport>(); }});
    EventLoop& loop = daemon.loop();
    LoopSource terminate = loop.on_signal(SIGTERM, [&] { daemon.stop(); });
    auto fake = [&](unsigned number) { return dynamic_cast<FakeOutput*>(outputs.at(number)); };

    auto difference = [&](unsigned number) {
        const Display& display = *daemon.displays().at(number);
        const Surface* surface = display.surfaces().active();
        const Picture& front = display.front();
        Difference found;
        found.front_sum =
            sum_of(front.bytes().data(), front.layout().width, front.layout().height, front.layout().stride);

        if (surface)
            found.front_shadow = different_pixels(front.bytes(), front.layout(), surface->shadow().bytes(),
                                                  surface->shadow().layout());
        FakeOutput* output = fake(number);
        if (!output) return found;
        found.scanout_front =
            different_pixels(front.bytes(), front.layout(), output->scanout(), output->layout());
        found.host_front =
            different_pixels(front.bytes(), front.layout(), output->host_picture(), output->layout());
        return found;
    };
    // A question for equality that is not yet answered.
    std::optional<Time> equality_deadline;
    unsigned equality_of = 0;
    EventLoop::Alarm deadline{loop, [] {}};

    auto settle_equality = [&](Time now) {
        if (!equality_deadline) return;
        Answer answer;
        answer.difference = difference(equality_of);
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
        Display& display = *daemon.displays().at(request.display);
        switch (request.kind) {
            case Request::Kind::open: {
                SurfaceOptions options{request.name, request.value != 0, request.keep, {}, request.layer};
                if (request.layout.width > 0) options.layout = request.layout;
                Surfaces::Opened opened = display.open_surface(options, Client{":1.1", 1000, 1, {}}, now);
                answer.layout = opened.layout;
                std::array fds{opened.buffer.get(), opened.channel.get()};
                send_with(control.get(), &answer, sizeof answer, fds);
                return;
            }
            case Request::Kind::view: {
                Viewers::Opened opened = display.open_viewer(Client{":1.2", 1000, 1, {}}, now);
                answer.layout = opened.layout;
                std::array fds{opened.front.get(), opened.channel.get()};
                send_with(control.get(), &answer, sizeof answer, fds);
                return;
            }
            case Request::Kind::activate:
                display.activate(static_cast<SurfaceNumber>(request.value), now);
                break;
            case Request::Kind::set_visible:
                fake(request.display)->set_visible(request.value != 0);
                break;
            case Request::Kind::change_settings:
                display.change_settings(request.settings, now);
                break;
            case Request::Kind::set_mode:
                display.set_mode(request.mode, now);
                break;
            case Request::Kind::refuse:
                fake(request.display)->refuse_next(static_cast<int>(request.value));
                break;
            case Request::Kind::await_equal:
                equality_deadline = now + Duration(static_cast<std::int64_t>(request.value));
                equality_of = request.display;
                deadline.set(equality_deadline);
                return;
            case Request::Kind::counters: {
                Statistics statistics = display.statistics();
                rusage usage{};
                // Of the loop's thread alone: a sanitizer's run-time has one of its own.
                ::getrusage(RUSAGE_THREAD, &usage);
                answer.counters = {loop.dispatches(),
                                   statistics.frames,
                                   statistics.pixels_told,
                                   statistics.bytes_copied,
                                   statistics.faults,
                                   statistics.scans,
                                   static_cast<std::uint64_t>(usage.ru_nvcsw),
                                   display.surfaces().all().size(),
                                   display.viewers().size(),
                                   display.settings().refresh_limit};
                break;
            }
        }
        send_with(control.get(), &answer, sizeof answer, {});
    });

    daemon.after_dispatch(settle_equality);
    try {
        daemon.start();
        daemon.run();
        ::_exit(0);
    } catch (const std::exception& exception) {
        ::fprintf(stderr, "daemon process: %s\n", exception.what());
    }
    ::_exit(1);
}

}  // namespace hvfbd::testing
