#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "console/pacing.h"
#include "console/surface_screen.h"

namespace console {

// What showing terminals and showing a command have in common: how they begin, and how they wait.

// A line on standard error.
void log(const std::string& sentence);

bool becomes_readable(int fd, std::chrono::milliseconds within);

// Waits for hvfbd where it does not run, and for what may pass, such as a bus that is started again: that
// must not look like a console that fails. Nothing: a signal ended it. Throws std::exception for what waiting
// does not mend.
std::unique_ptr<SurfaceScreen> open_screen(const SurfaceOptions& options, int signals);

// For poll(2): milliseconds, rounded up. Nothing: without end.
int timeout_until(std::optional<Time> at, Time now);

}  // namespace console
