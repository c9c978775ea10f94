#pragma once

#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/numbers.h"
#include "hvhost/wire.h"

namespace hvhost {

// "1024x768,1280x1024"; empty: none. Throws std::runtime_error that says what is wrong.
inline std::vector<wire::Resolution> parse_resolutions(const std::string& text) {
    std::vector<wire::Resolution> resolutions;
    std::istringstream list(text);
    for (std::string item; std::getline(list, item, ',');) {
        const auto mode = hvfbd::mode_in<std::uint16_t>(item);
        if (!mode) throw std::runtime_error("\"" + item + "\" is not WIDTHxHEIGHT");
        wire::Resolution resolution{};
        resolution.width = mode->first;
        resolution.height = mode->second;
        resolutions.push_back(resolution);
    }
    if (resolutions.size() > 64) throw std::runtime_error("a host lists at most 64 resolutions");
    return resolutions;
}

}  // namespace hvhost
