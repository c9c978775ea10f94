#include "drawing_process.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <random>
#include <stdexcept>
#include <tuple>

#include "adopted_surface.h"

namespace hvfbd::testing {

using namespace std::chrono_literals;

namespace {

// Nanoseconds that a thread stood in the queue for a processor, ever
// (Documentation/scheduler/sched-stats.rst).
std::int64_t queued(const std::filesystem::path& thread) {
    std::ifstream file(thread / "schedstat");
    std::int64_t ran = 0, waited = 0;
    file >> ran >> waited;
    return waited;
}

std::int64_t queued_all() {
    std::int64_t sum = 0;
    for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task"))
        sum += queued(thread.path());
    return sum;
}

}  // namespace

DrawingProcess::DrawingProcess(DaemonProcess::Opened opened, std::uint64_t seed, bool as_nobody)
    : layout_(opened.layout), buffer_(opened.buffer, layout_.size, Mapping::Access::read) {
    Descriptor far;
    std::tie(control_, far) = message_channel();
    pid_ = fork_process([&] {
        control_.reset();
        constexpr uid_t nobody = 65534;
        // Not dumpable it could not read what is its own in /proc.
        if (as_nobody && (::setuid(nobody) < 0 || ::prctl(PR_SET_DUMPABLE, 1) < 0)) return 1;
        return draw(std::move(opened), seed, *shared_, far);
    });
}

DrawingProcess::~DrawingProcess() {
    if (pid_ > 0) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
}

const std::uint32_t* DrawingProcess::pixels() const {
    return reinterpret_cast<const std::uint32_t*>(buffer_.bytes().data());
}

void DrawingProcess::pause() {
    shared_->to_pause.store(true);
    char rests = 0;
    if (::recv(control_.get(), &rests, 1, 0) != 1) throw std::runtime_error("a client has ended");
}

void DrawingProcess::go_on() {
    shared_->to_pause.store(false);
    if (::send(control_.get(), "g", 1, MSG_NOSIGNAL) != 1) throw std::runtime_error("a client has ended");
}

int DrawingProcess::end() {
    pause();
    // Closing it would not do: clients that were forked later have it too.
    if (::send(control_.get(), "e", 1, MSG_NOSIGNAL) != 1) throw std::runtime_error("a client has ended");
    ::waitpid(std::exchange(pid_, -1), nullptr, 0);
    return shared_->heard.load();
}

int DrawingProcess::draw(DaemonProcess::Opened opened, std::uint64_t seed, State& shared,
                         const Descriptor& control) {
    AdoptedSurface surface(std::move(opened));
    std::uint32_t* pixels = surface.pixels();
    const hvfb_layout& layout = surface.layout();
    std::uint64_t row = layout.stride / 4;
    std::mt19937_64 random(seed);
    for (;;) {
        if (shared.to_pause.load()) {
            char command = 0;
            if (::send(control.get(), "r", 1, MSG_NOSIGNAL) != 1 ||
                ::recv(control.get(), &command, 1, 0) != 1 || command == 'e')
                break;
        }
        std::int64_t queued_before = queued_all();
        Time from{}, until{};  // of the slowest
        constexpr unsigned batch = 20;
        for (unsigned i = 0; i < batch; ++i) {
            std::uint64_t y = random() % layout.height, x = random() % layout.width;
            Time start = clock_now();
            std::atomic_ref(pixels[y * row + x])
                .store(static_cast<std::uint32_t>(random()), std::memory_order_relaxed);
            Time end = clock_now();
            if (end - start > until - from) from = start, until = end;
        }
        Duration took = until - from, queued(queued_all() - queued_before);
        shared.stores += batch;
        shared.longest.store(std::max(shared.longest.load(), took.count()));
        shared.longest_blocked.store(std::max(shared.longest_blocked.load(), (took - queued).count()));
        std::size_t slow = shared.slow_count.load();
        if (took > 10ms && slow < shared.slow.size()) {
            shared.slow[slow] = {from, until, queued};
            shared.slow_count.store(slow + 1);
        }
        timespec moment{0, static_cast<long>(random() % 3000) * 1000};
        ::clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, nullptr);
    }
    shared.heard.store(hvfb_surface_dispatch(surface.get()));
    return 0;
}

}  // namespace hvfbd::testing
