#include "run/program/command_line.h"

#include <cctype>
#include <iostream>
#include <string_view>

namespace run {
namespace {

constexpr unsigned largest = 16384, smallest = 8, largest_scale = 16;

// A number of 1 to `most`, taken from the beginning of `text`; 0: there is none.
unsigned take_number(std::string_view& text, unsigned most) {
    unsigned value = 0;
    std::size_t length = 0;
    while (length < text.size() && std::isdigit(static_cast<unsigned char>(text[length])) && value <= most)
        value = value * 10 + static_cast<unsigned>(text[length++] - '0');
    text.remove_prefix(length);
    return value <= most ? value : 0;
}

// Whether an option is given its value by the next word.
bool takes_next(const tools::CommandLineModel& model, std::string_view word) {
    for (const auto& option : model.options)
        if (option.name == word) return option.takes_value;
    return false;
}

}  // namespace

std::optional<Geometry> read_geometry(const std::string& text) {
    std::string_view rest = text;
    Geometry geometry;
    geometry.width = take_number(rest, largest);
    if (!rest.starts_with('x')) return {};
    rest.remove_prefix(1);
    geometry.height = take_number(rest, largest);
    if (geometry.width < smallest || geometry.height < smallest) return {};
    if (rest.empty()) return geometry;
    if (rest == "@fit") {
        geometry.scale = 0;
        return geometry;
    }
    if (!rest.starts_with('@')) return {};
    rest.remove_prefix(1);
    geometry.scale = take_number(rest, largest_scale);
    if (geometry.scale == 0 || !rest.empty()) return {};
    return geometry;
}

CommandLine::CommandLine() {
    const auto choice = [this](const char* name, std::string& value, const std::string& help,
                               const std::vector<std::string>& words) {
        program.option(name, value, help).one_of(words).show_default();
    };
    choice(
        "--method", method,
        "How the program is reached: preload loads a library into it, notify answers its system calls from "
        "outside",
        {"auto", "preload", "notify"});
    program.option("--bus", bus, "system, session, or an address of a bus; otherwise $HVFB_BUS or system");
    program.option("--display", display, "Which display; otherwise $HVFB_DISPLAY or display0");
    program.option("--name", name, "What lists of surfaces show; otherwise the program's name");
    program
        .option("--geometry", geometry,
                "Of the framebuffer, where it is smaller than the display: 640x480 is centred, 640x480@2 has "
                "each pixel twice in both directions, 640x480@fit as often as it fits")
        .check(
            [](const std::string& text) {
                return read_geometry(text)
                           ? ""
                           : "\"" + text + "\" is none of WIDTHxHEIGHT, WIDTHxHEIGHT@SCALE, WIDTHxHEIGHT@fit";
            },
            "WIDTHxHEIGHT[@SCALE]");
    choice("--depth", depth, "Bits of a pixel", {"32", "16"});
    choice(
        "--vt", terminal,
        "The virtual terminal: auto is the kernel's, and a fake one that is always in front where there is "
        "none; none is what the program is started on, real insists on the kernel's",
        {"auto", "none", "fake", "real"});
    program.flag("--keep", keep, "The picture stays when the program ends, and is there for the next one");
    program.flag("--grab", grab, "Keyboards are the program's alone while its picture is shown");
    program.flag("--explain", explain, "Say on standard error which calls are answered, and why so");
    program.version(HVFBD_VERSION);
    program.footer(
        "Then comes the program, with its arguments as they are: hvfb-run [OPTIONS] [--] PROGRAM "
        "[ARGUMENTS]");
}

std::optional<int> CommandLine::parse(int argc, char** argv) {
    const tools::CommandLineModel model = program.model();
    int end = 1;
    while (end < argc && argv[end][0] == '-' && std::string_view(argv[end]) != "--")
        end += takes_next(model, argv[end]) && end + 1 < argc ? 2 : 1;
    if (const auto code = program.parse(end, argv)) return code;
    if (end < argc && std::string_view(argv[end]) == "--") ++end;
    command.assign(argv + end, argv + argc);
    if (!command.empty()) return {};
    std::cerr << "hvfb-run: no program was named: hvfb-run [OPTIONS] [--] PROGRAM [ARGUMENTS]\n";
    return 2;
}

tools::CommandLineModel command_line_model() {
    return CommandLine().program.model();
}

}  // namespace run
