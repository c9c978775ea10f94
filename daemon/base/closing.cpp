#include "base/closing.h"

#include <sys/socket.h>

#include <atomic>
#include <condition_variable>
#include <csignal>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace hvfbd {

namespace {

std::atomic<std::size_t> not_closed{0};  // NOLINT: of the process, as its descriptors are

class Closer {
  public:
    Closer() {
        // Signals are the loop's.
        sigset_t all, before;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before);
        try {
            std::thread([this] { run(); }).detach();
        } catch (...) {
            ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
            throw;
        }
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    }

    void close(Descriptor& descriptor) {
        {
            std::lock_guard lock(mutex_);
            waiting_.reserve(waiting_.size() + 1);
            waiting_.push_back(std::move(descriptor));
            ++not_closed;
        }
        more_.notify_one();
    }

  private:
    [[noreturn]] void run() {
        for (std::vector<Descriptor> closing;;) {
            std::unique_lock lock(mutex_);
            more_.wait(lock, [this] { return !waiting_.empty(); });
            closing.swap(waiting_);
            lock.unlock();
            // What waits the longest is at its peer's pleasure; none of this process wants it sent.
            constexpr linger none{};
            for (const Descriptor& each : closing)
                ::setsockopt(each.get(), SOL_SOCKET, SO_LINGER, &none, sizeof none);
            for (; !closing.empty(); --not_closed) closing.pop_back();
        }
    }

    std::mutex mutex_;
    std::condition_variable more_;
    std::vector<Descriptor> waiting_;
};

}  // namespace

void close_elsewhere(Descriptor descriptor) noexcept {
    if (!descriptor) return;
    try {
        // Never destroyed: its thread ends with the process.
        static Closer& closer = *new Closer;
        closer.close(descriptor);
    } catch (const std::exception&) {
        // Its end closes the descriptor.
    }
}

bool closing_elsewhere() noexcept {
    return not_closed > 0;
}

}  // namespace hvfbd
