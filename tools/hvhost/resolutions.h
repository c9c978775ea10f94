#pragma once

#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "hvhost/wire.h"

namespace hvhost {

// "1024x768,1280x1024"; empty: none. Throws std::runtime_error that says what is wrong.
inline std::vector<wire::Resolution> parse_resolutions(const std::string& text) {
    std::vector<wire::Resolution> resolutions;
    std::istringstream list(text);
    for (std::string item; std::getline(list, item, ',');) {
        wire::Resolution resolution{};
        std::uint16_t width = 0;
        std::uint16_t height = 0;
        char cross = 0;
        std::istringstream words(item);
        // With a sign or a space >> would take it for another number.
        if (item.find_first_not_of("0123456789x") != std::string::npos ||
            !(words >> width >> cross >> height) || cross != 'x' || !words.eof())
            throw std::runtime_error("\"" + item + "\" is not WIDTHxHEIGHT");
        resolution.width = width;
        resolution.height = height;
        resolutions.push_back(resolution);
    }
    if (resolutions.size() > 64) throw std::runtime_error("a host lists at most 64 resolutions");
    return resolutions;
}

}  // namespace hvhost
