#include "copier.h"

#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

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

Copier::Copier(int width, int height) {
    canvas_ = scanout_ = {nullptr, width, height, width};
    // What the kernel allows to be write-protected is shared memory in a file; that of an anonymous shared
    // mapping is one.
    canvas_.pixels = static_cast<std::uint32_t*>(shared_memory(canvas_.bytes()));
    scanout_.pixels = static_cast<std::uint32_t*>(shared_memory(scanout_.bytes()));
    shared_ = static_cast<Shared*>(shared_memory(sizeof(Shared)));
    kicked_ = eventfd(0, EFD_CLOEXEC);
    limit(20);
}

Copier::~Copier() {
    if (pid_ > 0) {
        kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
    }
    close(kicked_);
    munmap(canvas_.pixels, canvas_.bytes());
    munmap(scanout_.pixels, scanout_.bytes());
    munmap(shared_, sizeof(Shared));
}

void Copier::start(const Present& present) {
    pid_ = fork();
    if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
    if (pid_ == 0) serve(present);
}

void Copier::serve(const Present& present) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    std::uint64_t count = 0;
    while (read(kicked_, &count, sizeof count) == sizeof count) {
        Nanoseconds until = shared_->kicked_at + shared_->interval;
        timespec at{static_cast<time_t>(until / 1'000'000'000), static_cast<long>(until % 1'000'000'000)};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr);
        // A store from here on is for the next interval.
        __atomic_store_n(&shared_->pending, 0U, __ATOMIC_SEQ_CST);
        present(*shared_);
        ++shared_->presents;
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

Work Copier::work() const {
    Work work;
    work.presents = shared_->presents;
    work.pixels_told = shared_->pixels_told;
    work.processor_time = processor_time_of(pid_);
    return work;
}

}  // namespace hvfbd::bench
