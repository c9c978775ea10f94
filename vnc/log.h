#pragma once

#include <string>

namespace vnc {

// A line on standard error.
void log(const std::string& sentence);

}  // namespace vnc
