#pragma once

#include <set>
#include <string>

#include "setting_texts.h"

namespace texts {

// What hvfb-console's command line takes, for its completion in bash.
void add_console_completion_texts(Texts& texts);
void add_run_completion_texts(Texts& texts);
void add_input_completion_texts(Texts& texts);
void add_vnc_completion_texts(Texts& texts);

// What hvhost's command line takes, for its completion in bash.
void add_hvhost_completion_texts(Texts& texts);

// What hvfbctl's command line takes, for its completion in bash and in zsh. `properties`: all on the bus.
// Throws std::runtime_error where it is not known how to complete something.
void add_completion_texts(Texts& texts, const std::set<std::string>& properties);

}  // namespace texts
