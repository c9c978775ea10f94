#pragma once

#include <optional>
#include <string>
#include <utility>

#include "base/descriptor.h"

namespace hvfbd {

// /dev/userfaultfd for clients that may not open it: from it each makes a userfaultfd of its own address
// space, and so its surfaces can rest (docs/security.md). Opened anew for every client, so that the rights of
// the node count at that time, and a failure passes with its cause. One for all displays.
class UserfaultfdGrants {
  public:
    explicit UserfaultfdGrants(std::string device = "/dev/userfaultfd") : device_(std::move(device)) {}

    // As the configuration says; at first not.
    void allow(bool allowed) {
        allowed_ = allowed;
        problem_.clear();
    }
    bool allowed() const { return allowed_; }

    // The device, opened for one client; empty where that fails. Never blocks.
    Descriptor open();
    // Why that failed, unless that was taken already: what is wrong for one client is wrong for all.
    std::optional<std::string> take_problem() {
        return std::exchange(problem_is_new_, false) ? std::optional(problem_) : std::nullopt;
    }

  private:
    std::string device_;
    bool allowed_ = false;
    std::string problem_;  // of the last attempt; empty: it succeeded
    bool problem_is_new_ = false;
};

}  // namespace hvfbd
