#pragma once

#include <functional>
#include <string>
#include <vector>

#include "machine.h"

namespace hvfbctl {

// Examines something. What cannot be examined is a finding that says so, and not that it is not there.
void examine_each(const std::string& subject, std::vector<Finding>& findings,
                  const std::function<void()>& examine);

}  // namespace hvfbctl
