#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "input/hid_reports.h"
#include "input/time.h"

namespace input {

// Reports that wait until the kernel's driver has the device: what comes before, the kernel drops. It says
// when the driver begins, and not when it is done. Knows no kernel: is told the time.
class PendingReports {
  public:
    using Reports = std::vector<HidReports::Report>;
    // From the driver's beginning; it takes less than a millisecond.
    static constexpr auto settling = std::chrono::milliseconds(200);
    // A module may have to be loaded.
    static constexpr auto timeout = std::chrono::seconds(10);
    static constexpr std::size_t most = 1024;

    explicit PendingReports(Time made) : made_(made) {}

    void driver_began(Time now);
    // Where there are too many, the newest are lost.
    void add(Reports reports);
    // Those that may go.
    Reports take(Time now);
    // When take() has something to give, or when the driver is given up. Nothing: whatever comes may go.
    std::optional<Time> due() const;
    bool has_no_driver(Time now) const { return !began_ && now >= made_ + timeout; }

  private:
    Time made_;
    std::optional<Time> began_;
    bool settled_ = false;
    Reports waiting_;
};

}  // namespace input
