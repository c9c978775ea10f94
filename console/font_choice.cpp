#include "console/font_choice.h"

#include <algorithm>
#include <array>
#include <map>

#include "common/numbers.h"

namespace console {

namespace {

using Variables = std::map<std::string, std::string, std::less<>>;

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

// NAME=VALUE, as a shell would read it where nothing is expanded.
Variables variables_in(std::string_view text) {
    Variables variables;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        const std::string_view line = trimmed(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        const auto equals = line.find('=');
        if (line.empty() || line.front() == '#' || equals == std::string_view::npos) continue;
        std::string_view value = line.substr(equals + 1);
        if (!value.empty() && (value.front() == '"' || value.front() == '\'')) {
            const auto quote = value.find(value.front(), 1);
            value = value.substr(1, quote == std::string_view::npos ? quote : quote - 1);
        } else {
            value = value.substr(0, value.find_first_of(" \t#"));
        }
        variables[std::string(trimmed(line.substr(0, equals)))] = std::string(value);
    }
    return variables;
}

std::string value_of(const Variables& variables, std::string_view name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::string() : found->second;
}

// As setupcon names them: CODESET-FONTFACESIZE. A size of 8x16 is "16", one of 16x32 is "32x16".
std::vector<std::string> names_of_console_setup(const Variables& variables) {
    const std::string face = value_of(variables, "FONTFACE"), codeset = value_of(variables, "CODESET");
    std::string size = value_of(variables, "FONTSIZE");
    if (face.empty() || face == "guess") return {};
    if (size.empty() || size == "guess") size = "16";
    if (const auto sides = hvfbd::mode_in<unsigned>(size)) {
        const auto [one, other] = *sides;
        const unsigned narrow = std::min(one, other), high = std::max(one, other);
        size = std::to_string(high) + (narrow == 8 ? "" : "x" + std::to_string(narrow));
    }
    // setupcon guesses it from the language. These hold the most.
    if (!codeset.empty() && codeset != "guess") return {codeset + "-" + face + size};
    std::vector<std::string> names;
    for (const char* set : {"Uni2-", "Uni3-", "Uni1-", "Lat15-"}) names.push_back(set + face + size);
    return names;
}

void append(std::vector<std::string>& files, const std::string& name) {
    for (std::string& file : files_of_font(name)) files.push_back(std::move(file));
}

}  // namespace

std::vector<std::string> files_of_font(const std::string& name) {
    constexpr std::array endings = {"", ".psf.gz", ".psfu.gz", ".psf", ".psfu", ".gz"};
    constexpr std::array folders = {"/usr/share/consolefonts/", "/usr/share/kbd/consolefonts/",
                                    "/usr/lib/kbd/consolefonts/", "/etc/console-setup/"};
    std::vector<std::string> files;
    if (name.empty()) return files;
    if (name.find('/') != std::string::npos) {
        for (const char* ending : endings) files.push_back(name + ending);
        return files;
    }
    for (const char* folder : folders)
        for (const char* ending : endings) files.push_back(folder + name + ending);
    return files;
}

std::vector<std::string> configured_fonts(std::string_view vconsole, std::string_view console_setup) {
    std::vector<std::string> files;
    const Variables of_systemd = variables_in(vconsole), of_debian = variables_in(console_setup);
    append(files, value_of(of_systemd, "FONT"));
    append(files, value_of(of_debian, "FONT"));
    for (const std::string& name : names_of_console_setup(of_debian)) append(files, name);
    return files;
}

}  // namespace console
