#pragma once

#include <stdexcept>
#include <string>

namespace hvfbctl {

// Where the commands look: --bus and --display.
struct Where {
    std::string bus;                   // "system", "session" or a D-Bus address
    std::string display = "display0";  // the last element of its path
};

// A request that this program itself cannot make sense of: exit code 2.
class UsageError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

}  // namespace hvfbctl
