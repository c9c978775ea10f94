#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "common/descriptor.h"

namespace hvfbd::bench {

// A program whose output is read. Killed and waited for with its owner.
class Program {
  public:
    // Its name and its arguments; looked for in PATH. Throws std::system_error.
    explicit Program(std::vector<std::string> words);
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;
    ~Program();

    pid_t pid() const { return pid_; }
    // A line, without its end. Empty: it says no more.
    std::string line() const;
    // Whether there is something to read, or it says no more, within the time.
    bool speaks(int timeout_ms) const;
    // Waits for it. Throws std::runtime_error where it failed.
    void ended();

  private:
    std::string name_;
    Descriptor output_;
    pid_t pid_ = -1;
};

}  // namespace hvfbd::bench
