#include "foreign_program.h"

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <new>

#include "monotonic.h"

namespace hvfb {

namespace {

Opened prepared;  // NOLINT: a plain function finds it here

int connect_prepared(const OpenOptions&, int, Opened& opened) {
    if (!prepared.channel) return -EHOSTUNREACH;
    opened = std::move(prepared);
    return 0;
}

constexpr Nanoseconds timeout = 10'000'000'000;

}  // namespace

int ForeignProgram::Inside::open() {
    hvfb_open_options options = {};
    options.size = sizeof options;
    const int result = open_surface(&surface, &options, connect_prepared);
    shared.result = result;
    return result;
}

void ForeignProgram::Inside::reach(int stage) {
    shared.stage = stage;
    // A call that no test refuses.
    while (shared.go.load() < stage) {
        const timespec moment = {.tv_sec = 0, .tv_nsec = 200'000};
        pselect(0, nullptr, nullptr, nullptr, &moment, nullptr);
    }
}

ForeignProgram::ForeignProgram(const std::function<void(Inside&)>& body)
    : shared(*new (mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))
                 Shared) {
    EXPECT_EQ(ScriptedDaemon::connect({}, -1, prepared), 0);
    pid = fork();
    if (pid == 0) {
        daemon.hang_up();
        Inside inside = {shared};
        body(inside);
        _exit(0);
    }
    prepared = {};
}

ForeignProgram::~ForeignProgram() {
    if (pid > 0 && status_ < 0) {
        kill(pid, SIGKILL);
        waitpid(pid, nullptr, __WALL);
    }
    munmap(&shared, sizeof(Shared));
}

bool ForeignProgram::alive() {
    int status = 0;
    if (status_ < 0 && waitpid(pid, &status, WNOHANG) == pid) status_ = status;
    return status_ < 0;
}

int ForeignProgram::ended() {
    const Nanoseconds deadline = monotonic_now() + timeout;
    while (alive() && monotonic_now() < deadline) usleep(200);
    return status_;
}

bool ForeignProgram::reaches(int stage) {
    const Nanoseconds deadline = monotonic_now() + timeout;
    while (shared.stage.load() < stage) {
        if (!alive() || monotonic_now() > deadline) return shared.stage.load() >= stage;
        usleep(200);
    }
    return true;
}

pid_t ForeignProgram::thread() const {
    std::error_code none;
    for (const auto& task :
         std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task", none)) {
        std::string name;
        std::getline(std::ifstream(task.path() / "comm"), name);
        if (name == "hvfb-tracker") return std::stoi(task.path().filename());
    }
    return -1;
}

int ForeignProgram::policy_of_thread() const {
    return sched_getscheduler(thread());
}

std::uint64_t ForeignProgram::nanoseconds_of_thread() const {
    std::uint64_t used = 0;
    std::ifstream("/proc/" + std::to_string(pid) + "/task/" + std::to_string(thread()) + "/schedstat") >>
        used;
    return used;
}

bool ForeignProgram::spins() const {
    const std::uint64_t before = nanoseconds_of_thread();
    const Nanoseconds begin = monotonic_now();
    usleep(50'000);
    return nanoseconds_of_thread() > before + (monotonic_now() - begin) / 4;
}

bool ForeignProgram::begin() {
    if (!daemon.next(HVFB_HELLO)) return false;
    daemon.send(HVFB_HELLO, hvfb_hello{{}, HVFB_PROTOCOL_VERSION, 0});
    daemon.begin();
    return true;
}

void ForeignProgram::want_tracking() {
    const hvfb_state wanted = {{HVFB_STATE, sizeof wanted},
                               HVFB_STATE_VISIBLE | HVFB_STATE_ACTIVE,
                               HVFB_TRACKING_AUTO,
                               0,
                               250'000'000,
                               0};
    ::send(daemon.channel(), &wanted, sizeof wanted, MSG_NOSIGNAL);
}

bool ForeignProgram::reports_or_gives_up(std::uint32_t page) {
    const hvfb_collect collect = {{HVFB_COLLECT, sizeof collect}, 99};
    if (send(daemon.channel(), &collect, sizeof collect, MSG_NOSIGNAL) < 0) return given_up = true;
    for (;;) {
        const auto packet = daemon.receive(static_cast<int>(timeout / 1'000'000));
        pollfd channel = {.fd = daemon.channel(), .events = POLLIN, .revents = 0};
        poll(&channel, 1, 0);
        if (!packet) return given_up = (channel.revents & POLLHUP) != 0;
        if (packet->type() != HVFB_WRITTEN || packet->as<hvfb_written>().serial != 99) continue;
        const ScriptedDaemon::Written written = {packet->as<hvfb_written>(),
                                                 packet->rest<hvfb_written, hvfb_page_range>()};
        state = written.state();
        return written.holds(page);
    }
}

}  // namespace hvfb
