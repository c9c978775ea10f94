#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>

#include "base/descriptor.h"

namespace hvfbd::testing {

// A file on a slow disk: what is read of it past the page cache (O_DIRECT) goes into pinned pages of the
// reader, a piece of 128 KiB at a time, each long after its pages were faulted in. A file system of the
// kernel's FUSE with a server in a process of its own; needs root. Make it before the test has threads.
class SlowFile {
  public:
    // `delay`: until a piece has been read, after the one before it. Throws std::system_error.
    SlowFile(std::size_t size, std::chrono::milliseconds delay);
    SlowFile(const SlowFile&) = delete;
    SlowFile& operator=(const SlowFile&) = delete;
    ~SlowFile();

    // To be read with O_DIRECT. The 32-bit words that are read are `word` in this read's pieces and the next.
    Descriptor open() const;
    void set_word(std::uint32_t word) const;
    // The next reads' pieces come so much later, but for the first `at_once` of them, which do not wait.
    void set_delay(std::chrono::milliseconds delay, unsigned at_once = 0) const;

  private:
    struct Order;
    void tell(const Order& order) const;

    std::string path_;
    Descriptor fuse_, control_;
    pid_t server_ = -1;
};

}  // namespace hvfbd::testing
