#pragma once

#include <span>
#include <string>

namespace hvfbctl {

// What to say where the bus itself refused: who may do what these words of the command line ask for, and the
// command that mends it. The daemon never saw the call, and can say nothing.
std::string refused_by_bus(std::span<char* const> words);

}  // namespace hvfbctl
