#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/layout.h"

namespace hvfbd {

// The command line. What it says goes before what the configuration says.
struct DaemonOptions {
    std::string bus = "system";
    std::filesystem::path root = "/";  // in front of the configuration's folders
    bool check_configuration = false;
    std::optional<std::string> output, log_level;
    std::optional<Mode> mode;
    std::uint32_t row_padding = 0, displays = 1;  // of the memory output

    std::vector<std::filesystem::path> configuration_folders() const {
        return {root / "usr/lib/hvfbd", root / "run/hvfbd", root / "etc/hvfbd"};
    }

    // Nothing: the program shall end with `exit_code` (help, version, a mistake), which has been said.
    static std::optional<DaemonOptions> parse(int argc, char** argv, int& exit_code);
};

}  // namespace hvfbd
