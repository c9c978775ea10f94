#pragma once

#include <array>
#include <string>

namespace hvhost {

// A command to a running host.
struct Command {
    const char* name;
    const char* argument;  // for --help; empty: it takes none
    const char*
        extension;  // of the file that is its argument, for completion; nullptr: the argument is no file
};

inline constexpr std::array<Command, 15> commands = {{{"show", "", nullptr},
                                                      {"hide", "", nullptr},
                                                      {"close", "", nullptr},
                                                      {"rescind", "", nullptr},
                                                      {"reset", "", nullptr},
                                                      {"offer", "", nullptr},
                                                      {"resolutions", "WxH,...", nullptr},
                                                      {"stall", "", nullptr},
                                                      {"continue", "", nullptr},
                                                      {"screenshot", "FILE.png", "png"},
                                                      {"raw", "FILE", ""},
                                                      {"raw-framebuffer", "FILE", ""},
                                                      {"status", "", nullptr},
                                                      {"wait", "", nullptr},
                                                      {"quit", "", nullptr}}};

// Separated by commas; with their arguments, or without.
inline std::string list_of_commands(bool with_arguments) {
    std::string list;
    for (const Command& command : commands) {
        list += (list.empty() ? "" : ", ") + std::string(command.name);
        if (with_arguments && *command.argument != '\0') list += " " + std::string(command.argument);
    }
    return list;
}

}  // namespace hvhost
