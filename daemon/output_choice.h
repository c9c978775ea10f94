#pragma once

#include <filesystem>
#include <memory>

#include "base/event_loop.h"
#include "control/configuration.h"
#include "output/outputs.h"

namespace hvfbd {

// The outputs that the configuration asks for; `auto`: the first kind that is there. Throws Refusal, with
// what to change. `row_padding`: of the memory output, in pixels. `legacy`: what the process before kept for
// its output.
std::unique_ptr<Outputs> make_outputs(EventLoop& loop, const Configuration& configuration,
                                      std::uint32_t row_padding, const OutputLegacy* legacy);

}  // namespace hvfbd
