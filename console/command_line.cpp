#include "console/command_line.h"

#include <algorithm>
#include <iostream>
#include <string_view>

namespace console {

CommandLine::CommandLine() {
    constexpr double largest_scale = 16, most_lines = 10000;
    program.option("--bus", surface.bus,
                   "system, session, or an address of a bus; otherwise $HVFB_BUS or system");
    program.option("--display", surface.display, "Which display; otherwise $HVFB_DISPLAY or display0");
    program
        .option("--font", font,
                "A PSF font: a path, or a name in /usr/share/consolefonts; otherwise the console's")
        .path();
    program
        .option("--scale", scale,
                "Screen pixels for each pixel of the font, in each direction; 0 chooses by the mode")
        .within(0.0, largest_scale)
        .show_default();
    program.option("--rotate", rotate, "Turn the text to the right by so many degrees")
        .one_of({"0", "90", "180", "270"})
        .show_default();
    program.option("--cursor", cursor, "Shape of the cursor")
        .one_of({"underline", "block", "none"})
        .show_default();
    program
        .option("--blink", blink, "How blinking text is shown: with a bright background, or like other text")
        .one_of({"background", "ignore"})
        .show_default();
    program
        .option(
            "--layer", layer,
            "Above other programs' surfaces, or behind them; otherwise normal with COMMAND, else background")
        .one_of({"normal", "background"});
    program.option("--scrollback", scrollback, "Lines kept of each terminal of what scrolled off; 0: none")
        .within(0.0, most_lines)
        .show_default();
    program.option("--control", control, "A socket to make, for hvfbctl console").path();
    program
        .option("--input", input,
                "With COMMAND: a socket to make, for hvfb-vnc --input, so that its clients type to COMMAND")
        .path();
    program.version(HVFBD_VERSION);
    program.footer(
        "hvfb-console [OPTIONS] -- COMMAND [ARGUMENTS...]\n"
        "  shows COMMAND instead, on a terminal of its own, on which nobody types without --input.\n"
        "  Its exit code is that of COMMAND. Example: hvfb-console -- journalctl -f");
}

std::optional<int> CommandLine::parse(int argc, const char* const* argv) {
    const char* const* const end = argv + argc;
    const char* const* const mark =
        std::find_if(argv, end, [](const char* word) { return std::string_view(word) == "--"; });
    if (mark != end) command.assign(mark + 1, end);
    if (const auto code = program.parse(static_cast<int>(mark - argv), argv)) return code;
    const bool lacks_command = mark != end && command.empty();
    const bool types_to_nothing = mark == end && !input.empty();
    if (!lacks_command && !types_to_nothing) return std::nullopt;
    constexpr int wrong_usage = 2;
    std::cerr << (lacks_command
                      ? "hvfb-console: there is no command after \"--\"\n"
                      : "hvfb-console: --input is for a command after \"--\"; the kernel's terminals "
                        "have keys of hvfb-inputd\n")
              << "Try: hvfb-console --help\n";
    return wrong_usage;
}

SurfaceOptions CommandLine::surface_options() const {
    SurfaceOptions options = surface;
    options.background = layer.empty() ? command.empty() : layer == "background";
    if (command.empty()) return options;
    // Names of surfaces are for people: what may be no name of one is no name of a program that anybody has.
    constexpr std::size_t longest_name = 64;
    const std::string name = command.front().substr(command.front().rfind('/') + 1);
    const bool can_be_one = !name.empty() && name.size() <= longest_name &&
                            std::ranges::all_of(name, [](char c) { return c > ' ' && c <= '~'; });
    if (can_be_one) options.name = name;
    return options;
}

Appearance CommandLine::appearance() const {
    Appearance appearance;
    appearance.scale = scale;
    appearance.scrollback = scrollback;
    appearance.rotation = rotate == "90"    ? Rotation::quarter
                          : rotate == "180" ? Rotation::half
                          : rotate == "270" ? Rotation::three_quarters
                                            : Rotation::none;
    appearance.cursor = cursor == "block"  ? CursorShape::block
                        : cursor == "none" ? CursorShape::none
                                           : CursorShape::underline;
    appearance.blink = blink == "ignore" ? Blink::ignore : Blink::background;
    return appearance;
}

tools::CommandLineModel command_line_model() {
    return CommandLine().program.model();
}

}  // namespace console
