#pragma once

#include <chrono>

namespace input {

using Time = std::chrono::steady_clock::time_point;

}  // namespace input
