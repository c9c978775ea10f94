#include "command_line.h"

#include <CLI/CLI.hpp>

#include "commands.h"

namespace hvfbctl {

namespace {

// What the commands take. One set is enough: one command runs.
struct Arguments {
    bool json = false;
    std::string name, value, root = "/";
    double interval = 1;  // seconds
    unsigned count = 0;
};

// The only file that knows CLI11, which takes a compiler ten seconds: all of the command line is here.
void add_commands(CLI::App& program, const Where& where, Arguments& arguments, ExitCode& code) {
    Arguments& a = arguments;
    const auto add = [&](const char* name, const char* description, auto command) {
        CLI::App* const added = program.add_subcommand(name, description);
        added->callback(command);
        return added;
    };
    const auto add_json = [&](CLI::App* command) {
        command->add_flag("--json", a.json)->description("for programs, not for people");
    };

    add_json(add("status", "Shows the display, its limits, surfaces and counters",
                 [&] { show_status(where, a.json); }));

    auto* const top = add("top", "Shows what the daemon does, once a second",
                          [&] { show_top(where, a.interval, a.count); });
    top->add_option("--interval", a.interval, "seconds")
        ->capture_default_str()
        ->check(CLI::Range(0.05, 3600.0));
    top->add_option("--count", a.count, "how many times; 0: for ever")->capture_default_str();

    auto* const get =
        add("get", "Shows a property, or all of them", [&] { get_property(where, a.name, a.json); });
    get->add_option("PROPERTY", a.name, "such as RefreshLimit");
    add_json(get);
    auto* const set = add("set", "Changes a property, from the next frame on",
                          [&] { set_property(where, a.name, a.value); });
    set->add_option("PROPERTY", a.name, "such as RefreshLimit")->required();
    set->add_option("VALUE", a.value, "what it becomes")->required();

    add_json(add("displays", "Lists the displays", [&] { list_displays(where, a.json); }));
    add_json(add("surfaces", "Lists the surfaces of the display", [&] { list_surfaces(where, a.json); }));
    constexpr const char* which = "its number, name or object path";
    add("activate", "Shows a surface", [&] { activate_surface(where, a.name); })
        ->add_option("SURFACE", a.name, which)
        ->required();
    add("close", "Closes a surface; its client keeps its memory", [&] { close_surface(where, a.name); })
        ->add_option("SURFACE", a.name, which)
        ->required();

    add("screenshot", "Writes what the display shows as a PNG file", [&] { take_screenshot(where, a.name); })
        ->add_option("FILE", a.name, "where to; - is the standard output")
        ->required();
    add("watch", "Shows the damage as it happens, a line a frame", [&] { watch_damage(where, a.count); })
        ->add_option("--count", a.count, "how many frames; 0: for ever")
        ->capture_default_str();

    add("refresh", "Presents everything once, changed or not", [&] { refresh_display(where); });
    add("mode", "Changes the display's mode", [&] { set_mode(where, a.name); })
        ->add_option("MODE", a.name, "WIDTHxHEIGHT in pixels")
        ->required();
    add("reload", "Has the daemon read its configuration again", [&] { reload_configuration(where); });

    auto* const doctor = add("doctor", "Says what this machine can do, and what mends the rest",
                             [&] { code = examine(where, a.root, a.json) ? success : failure; });
    add_json(doctor);
    // An empty group hides it: it is for tests.
    doctor->add_option("--root", a.root, "look at another /sys, /dev and /proc")->group("");
}

}  // namespace

ExitCode run_command_line(int argc, char** argv, Where& where) {
    Arguments arguments;
    ExitCode code = success;
    CLI::App program("Looks at hvfbd, the framebuffer in user space, and tunes it.", "hvfbctl");
    program.add_option("--bus", where.bus, "system, session or a D-Bus address; $HVFB_BUS if not given")
        ->capture_default_str();
    program.add_option("--display", where.display, "the display, as in its object path")
        ->capture_default_str();
    program.set_version_flag("--version", std::string(HVFBD_VERSION));
    program.require_subcommand(1);
    // So that --bus and --display may also follow the command.
    program.fallthrough();
    add_commands(program, where, arguments, code);
    try {
        // The commands run inside the parser.
        program.parse(argc, argv);
        return code;
    } catch (const CLI::ParseError& error) {
        return program.exit(error) == 0 ? success : wrong_usage;
    }
}

}  // namespace hvfbctl
