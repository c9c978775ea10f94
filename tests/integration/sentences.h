#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "display/display.h"

namespace hvfbd::testing {

// Collects what an output said; a warning begins with "warning: ".
struct Sentences : Observer {
    void output_said(bool warning, std::string_view sentence) override {
        lines.push_back((warning ? "warning: " : "") + std::string(sentence));
    }
    // How many times something with this in it was said.
    std::size_t said(const std::string& part) const {
        return static_cast<std::size_t>(std::count_if(lines.begin(), lines.end(), [&](const auto& line) {
            return line.find(part) != std::string::npos;
        }));
    }
    std::vector<std::string> lines;
};

}  // namespace hvfbd::testing
