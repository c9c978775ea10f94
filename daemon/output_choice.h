#pragma once

#include <filesystem>
#include <memory>
#include <span>

#include "base/event_loop.h"
#include "config/configuration.h"
#include "config/daemon_options.h"
#include "output/outputs.h"

namespace hvfbd {

// The outputs that the configuration asks for; `auto`: the screen that the process before had, or the first
// kind that is there. Throws RequestError, with what to change. `options`: what concerns the memory output.
// `restored_outputs`: what the process before saved for its outputs, display0 first; what was set over the
// bus goes before the configuration.
std::unique_ptr<Outputs> make_outputs(EventLoop& loop, const Configuration& configuration,
                                      const DaemonOptions& options,
                                      std::span<const RestoredOutput> restored_outputs);

// Throws RequestError, with what to change, where what the configuration says of the output makes no sense on
// any machine; under `auto`, on any that has Hyper-V's screen. Opens nothing.
void check_outputs(const Configuration& configuration);

}  // namespace hvfbd
