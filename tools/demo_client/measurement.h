#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "hvfbctl/bus.h"
#include "hvfbctl/table.h"
#include "stage.h"

namespace hvfbd::demo {

// Counts what the daemon did for each scene, from its Statistics.
class Measurement {
  public:
    // Borrows both.
    Measurement(hvfbctl::Daemon& daemon, Stage& stage);

    // Call before a scene and, with its name, when all of it is on the screen.
    void start();
    void stop(const std::string& scene);
    // A line a scene, and one for all together.
    void print(std::ostream& out) const;

  private:
    using Clock = std::chrono::steady_clock;
    struct Counts {
        std::uint64_t frames = 0, drawn = 0, told = 0, rectangles = 0, wakeups = 0;
        double seconds = 0;
    };
    Counts read();

    hvfbctl::Daemon& daemon_;
    Stage& stage_;
    std::uint64_t wakeups_of_reading_ = 0;
    Counts before_;
    std::vector<std::pair<std::string, Counts>> scenes_;
};

}  // namespace hvfbd::demo
