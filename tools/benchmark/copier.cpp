#include "copier.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <system_error>

#include "processor_time.h"

namespace hvfbd::bench {

namespace {

void* shared_memory(std::size_t size) {
    void* memory =
        mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (memory == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
    return memory;
}

}  // namespace

Copier::Copier(int width, int height, Waits waits) : waits_(waits) {
    canvas_ = scanout_ = {nullptr, width, height, width};
    // What the kernel allows to be write-protected is shared memory in a file; that of an anonymous shared
    // mapping is one.
    canvas_.pixels = static_cast<std::uint32_t*>(shared_memory(canvas_.bytes()));
    scanout_.pixels = static_cast<std::uint32_t*>(shared_memory(scanout_.bytes()));
    shared_ = static_cast<Shared*>(shared_memory(sizeof(Shared)));
    kicked_ = eventfd(0, EFD_CLOEXEC);
    presented_ = eventfd(0, EFD_CLOEXEC);
    limit(20);
}

Copier::~Copier() {
    if (pid_ > 0) {
        kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
    }
    close(kicked_);
    close(presented_);
    munmap(canvas_.pixels, canvas_.bytes());
    munmap(scanout_.pixels, scanout_.bytes());
    munmap(shared_, sizeof(Shared));
}

void Copier::start(const Present& present) {
    pid_ = fork();
    if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
    if (pid_ == 0) serve(present);
}

void Copier::start_loop(unsigned times_a_second, const std::function<bool(Shared& shared)>& present) {
    pid_ = fork();
    if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
    if (pid_ > 0) return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const Nanoseconds period = 1'000'000'000 / times_a_second;
    // It does not catch up what it missed while it was stopped.
    for (Nanoseconds next = monotonic_now();; next = std::max(next + period, monotonic_now())) {
        sleep_until(next);
        if (present(*shared_)) ++shared_->presents;
    }
}

void Copier::serve(const Present& present) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    std::uint64_t count = 0, one = 1;
    Nanoseconds until = 0;
    while (read(kicked_, &count, sizeof count) == sizeof count) {
        if (waits_ == Waits::after_kick)
            until = shared_->kicked_at + shared_->interval;
        else
            until = std::max(shared_->kicked_at, until + shared_->interval);
        sleep_until(until);
        // A store from here on is for the next interval.
        __atomic_store_n(&shared_->pending, 0U, __ATOMIC_SEQ_CST);
        present(*shared_);
        ++shared_->presents;
        if (shared_->tells && write(presented_, &one, sizeof one) != sizeof one) break;
    }
    std::_Exit(1);
}

void Copier::kick() {
    if (__atomic_exchange_n(&shared_->pending, 1U, __ATOMIC_SEQ_CST) != 0) return;
    shared_->kicked_at = monotonic_now();
    std::uint64_t one = 1;
    if (write(kicked_, &one, sizeof one) != sizeof one)
        throw std::system_error(errno, std::generic_category(), "eventfd");
}

void Copier::limit(unsigned presents_a_second) {
    shared_->interval = 1'000'000'000 / presents_a_second;
}

bool Copier::is_kicked() const {
    return __atomic_load_n(&shared_->pending, __ATOMIC_SEQ_CST) != 0;
}

void Copier::measure_latency() {
    shared_->interval = 0;
    shared_->tells = true;
}

bool Copier::wait_until_presented(int timeout_ms) {
    pollfd presented{presented_, POLLIN, 0};
    if (poll(&presented, 1, timeout_ms) != 1) return false;
    std::uint64_t count = 0;
    return read(presented_, &count, sizeof count) == sizeof count;
}

void Copier::signal(int number) const {
    kill(pid_, number);
}

Work Copier::work() const {
    Work work;
    work.presents = shared_->presents;
    work.pixels_told = shared_->pixels_told;
    work.processor_time = processor_time_of(pid_);
    return work;
}

}  // namespace hvfbd::bench
