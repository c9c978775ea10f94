#pragma once

#include <fcntl.h>
#include <sys/resource.h>

#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "base/closing.h"
#include "base/descriptor.h"

namespace hvfbd::testing {

inline std::size_t open_descriptors() {
    while (closing_elsewhere()) std::this_thread::yield();
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
    return count - 1;  // the folder's own
}

// While it lives this process can open so many descriptors more, and no more.
class LimitedDescriptors {
  public:
    explicit LimitedDescriptors(unsigned left) {
        while (closing_elsewhere()) std::this_thread::yield();
        ::getrlimit(RLIMIT_NOFILE, &before_);
        int highest = 0;
        for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
            highest = std::max(highest, std::stoi(entry.path().filename()));
        // What is free below the highest would be more.
        for (;;) {
            Descriptor filler(::open("/dev/null", O_RDONLY | O_CLOEXEC));
            if (!filler || filler.get() > highest) break;
            fillers_.push_back(std::move(filler));
        }
        rlimit limit{static_cast<rlim_t>(highest) + 1 + left, before_.rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &limit);
    }
    LimitedDescriptors(const LimitedDescriptors&) = delete;
    LimitedDescriptors& operator=(const LimitedDescriptors&) = delete;
    ~LimitedDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

  private:
    rlimit before_{};
    std::vector<Descriptor> fillers_;
};

}  // namespace hvfbd::testing
