#include "tracking/fault_cost.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "tracking/userfault.h"

namespace hvfb {

namespace {

constexpr std::size_t pages = 15;

// Write-protected shared memory, as the buffer is. Without a file's size, which a limit could be below.
class Trial {
  public:
    Trial() : page_size_(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))), size_(pages * page_size_) {
        void* address =
            mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
        if (address == MAP_FAILED) return;
        memory_ = {static_cast<std::byte*>(address), size_};
        TrackingRefused refused;
        userfault_ = Userfault::make(Userfault::Kind::asynchronous, refused);
        ready_ = userfault_ && userfault_->watch(memory_) >= 0 && userfault_->protect(memory_) >= 0;
    }
    Trial(const Trial&) = delete;
    Trial& operator=(const Trial&) = delete;
    ~Trial() {
        if (memory_.address) munmap(memory_.address, size_);
    }

    bool ready() const { return ready_; }
    Nanoseconds store(std::size_t page) const {
        const Nanoseconds before = monotonic_now();
        *static_cast<volatile std::byte*>(memory_.address + page * page_size_) = std::byte{1};
        return monotonic_now() - before;
    }

  private:
    std::size_t page_size_, size_;
    Memory memory_ = {};
    std::optional<Userfault> userfault_;
    bool ready_ = false;
};

}  // namespace

Nanoseconds measure_fault_cost() {
    const Trial trial;
    if (!trial.ready()) return 0;
    std::array<Nanoseconds, pages> costs;
    for (std::size_t page = 0; page < pages; ++page) costs[page] = trial.store(page);
    std::nth_element(costs.begin(), costs.begin() + pages / 2, costs.end());
    return costs[pages / 2];
}

}  // namespace hvfb
