#include "style.h"

#include <langinfo.h>
#include <unistd.h>

#include <clocale>
#include <cstdlib>
#include <string_view>

namespace hvfbctl {

namespace {

const char* sequence(Colour colour) {
    switch (colour) {
        case Colour::bold:
            return "\033[1m";
        case Colour::red:
            return "\033[31m";
        case Colour::yellow:
            return "\033[33m";
        case Colour::green:
            return "\033[32m";
        case Colour::none:
            break;
    }
    return "";
}

}  // namespace

std::string Style::paint(Colour colour, const std::string& text) const {
    if (!coloured || colour == Colour::none || text.empty()) return text;
    return sequence(colour) + text + "\033[0m";
}

bool is_coloured(const std::string& choice, bool is_terminal, const char* no_colour, const char* terminal) {
    if (choice != "auto") return choice == "always";
    const bool refused = no_colour != nullptr && *no_colour != '\0';  // as no-color.org has it
    const bool able = terminal != nullptr && *terminal != '\0' && std::string_view(terminal) != "dumb";
    return is_terminal && !refused && able;
}

Style style_of_output(const std::string& choice) {
    std::setlocale(LC_CTYPE, "");
    return {is_coloured(choice, isatty(STDOUT_FILENO) != 0, std::getenv("NO_COLOR"), std::getenv("TERM")),
            std::string_view(nl_langinfo(CODESET)) == "UTF-8"};
}

}  // namespace hvfbctl
