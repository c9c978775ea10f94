#include "tracking/measure_prices.h"

#include <poll.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "tracking/constants.h"

namespace hvfb {

namespace {

constexpr std::size_t pages = 15;
// Five times what was ever measured.
constexpr Nanoseconds dearest_fault = 100'000, dearest_wake_up = 100'000;

// Write-protected shared memory, as the buffer is. Without a file's size, which a limit could be below.
class Trial {
  public:
    explicit Trial(std::optional<Userfault> userfault)
        : userfault_(static_cast<std::optional<Userfault>&&>(userfault)),
          page_size_(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))),
          size_(pages * page_size_) {
        void* address =
            mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
        if (address == MAP_FAILED) return;
        memory_ = {static_cast<std::byte*>(address), size_};
        ready_ = userfault_ && userfault_->watch(memory_) >= 0 && userfault_->protect(memory_) >= 0;
    }
    Trial(const Trial&) = delete;
    Trial& operator=(const Trial&) = delete;
    ~Trial() {
        if (memory_.address) munmap(memory_.address, size_);
    }

    bool ready() const { return ready_; }
    std::size_t page_size() const { return page_size_; }
    Nanoseconds store(std::size_t page) const {
        const Nanoseconds before = monotonic_now();
        *static_cast<volatile std::byte*>(memory_.address + page * page_size_) = std::byte{1};
        return monotonic_now() - before;
    }
    // As the daemon does, whatever a sanitizer of the program's makes of memcmp.
    __attribute__((no_sanitize("address", "thread", "undefined"))) Nanoseconds compare(
        std::size_t page, std::size_t other) const {
        const auto* one =
            reinterpret_cast<const volatile std::uint64_t*>(memory_.address + page * page_size_);
        const auto* two =
            reinterpret_cast<const volatile std::uint64_t*>(memory_.address + other * page_size_);
        const Nanoseconds before = monotonic_now();
        std::uint64_t different = 0;
        for (std::size_t word = 0; word < page_size_ / sizeof different; ++word)
            different |= one[word] ^ two[word];
        return monotonic_now() - before + different % 2;
    }

  private:
    std::optional<Userfault> userfault_;
    std::size_t page_size_, size_;
    Memory memory_ = {};
    bool ready_ = false;
};

Nanoseconds median(std::span<Nanoseconds> costs) {
    const auto middle = costs.begin() + static_cast<std::ptrdiff_t>(costs.size() / 2);
    std::nth_element(costs.begin(), middle, costs.end());
    return *middle;
}

// What it costs this thread to wake up, in processor time: the daemon is woken on the same machine. 0 where
// the process may not wait so.
Nanoseconds wake_up() {
    constexpr timespec asleep = {.tv_sec = 0, .tv_nsec = 100'000};
    const auto processor_time = [] {
        timespec time = {};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
        return static_cast<Nanoseconds>(time.tv_sec) * 1'000'000'000 + static_cast<Nanoseconds>(time.tv_nsec);
    };
    std::array<Nanoseconds, 5> costs;
    for (Nanoseconds& cost : costs) {
        const Nanoseconds before = processor_time();
        if (ppoll(nullptr, 0, &asleep, nullptr) != 0) return 0;
        cost = processor_time() - before;
    }
    return std::min(median(costs), dearest_wake_up);
}

}  // namespace

Prices measure_prices(std::optional<Userfault> userfault) {
    const Trial trial(static_cast<std::optional<Userfault>&&>(userfault));
    Prices prices;
    prices.report = wake_up() * constants::wake_ups_in_a_report;
    // The default is for 4 KiB.
    prices.compare = prices.compare * trial.page_size() / 4096;
    if (!trial.ready()) return prices;
    std::array<Nanoseconds, pages> costs;
    for (std::size_t page = 0; page < pages; ++page) costs[page] = trial.store(page);
    // A debugger, or a clock that is slow to read, would keep open what nobody writes.
    prices.fault = std::clamp(median(costs), Nanoseconds{1}, dearest_fault);
    for (std::size_t page = 0; page < pages; ++page)
        costs[page] = trial.compare(page, (page + pages / 2) % pages);
    // The least: what is more came of something else that ran. And no more than is usual: a library that is
    // instrumented, for a test, compares slower than the daemon.
    prices.compare =
        std::clamp(*std::min_element(costs.begin(), costs.end()), Nanoseconds{1}, prices.compare);
    return prices;
}

}  // namespace hvfb
