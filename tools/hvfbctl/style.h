#pragma once

#include <string>

namespace hvfbctl {

enum class Colour { none, bold, red, yellow, green };

// How text is shown: in colour or not, and with which characters.
struct Style {
    bool coloured = false;
    bool unicode = false;  // the locale is one of UTF-8

    std::string paint(Colour colour, const std::string& text) const;
};

// Whether standard output is coloured. `choice`: auto, always or never, as --color says; `no_colour` and
// `terminal`: $NO_COLOR and $TERM, null where they are not set.
bool is_coloured(const std::string& choice, bool is_terminal, const char* no_colour, const char* terminal);

// That of this process: its locale, environment and standard output.
Style style_of_output(const std::string& choice);

}  // namespace hvfbctl
