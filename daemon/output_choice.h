#pragma once

#include <filesystem>
#include <memory>

#include "base/event_loop.h"
#include "control/configuration.h"
#include "output/output.h"

namespace hvfbd {

// The output that the configuration asks for; `auto`: the first that is there. Throws Refusal, with what to
// change. `row_padding`: of the memory output, in pixels.
// `legacy`: what the process before kept for its output.
std::unique_ptr<Output> make_output(EventLoop& loop, const Configuration& configuration,
                                    std::uint32_t row_padding, const OutputLegacy* legacy);

}  // namespace hvfbd
