#pragma once

#include <string>
#include <string_view>

namespace hvfbd {

// Where spdlog's default logger writes: the journal where standard error is the journal, with priorities;
// else standard error.
void open_log();

// trace, debug, info, warning, error or critical. Throws Refusal (invalid_arguments) for anything else.
void set_log_level(std::string_view level);
std::string log_level();

}  // namespace hvfbd
