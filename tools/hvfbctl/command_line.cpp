#include "command_line.h"

#include "commands.h"
#include "common/settings_table.h"

namespace hvfbctl {

namespace {

// What the commands take. One set is enough: one command runs.
struct Arguments {
    bool json = false;
    std::string name, value, root = "/";
    double interval = 1;  // seconds
    unsigned count = 0;
};

// What `set` takes: a line each, with the range, the default and what it is.
std::string settings_help() {
    std::string text = "Properties:";
    const auto add = [&text](const hvfbd::Setting& setting) {
        std::string line = "\n  " + std::string(setting.name);
        line.append(line.size() < 17 ? 17 - line.size() : 1, ' ');
        text += line + range_of(setting) + "; default " + to_text(setting, setting.usual) + ". " +
                std::string(setting.help);
    };
    for (const hvfbd::Setting& setting : hvfbd::display_settings) add(setting);
    add(hvfbd::log_level_setting);
    return text;
}

void add_commands(tools::CommandLineParser& program, const Where& where, Arguments& arguments,
                  ExitCode& code) {
    Arguments& a = arguments;
    const auto add = [&](const char* name, const char* description, auto command) {
        return program.command(name, description, command);
    };
    const auto add_json = [&](tools::CommandLineParser::Command command) {
        command.flag("--json", a.json, "for programs, not for people");
    };

    add_json(add("status", "Shows the display, its limits, surfaces and counters",
                 [&] { show_status(where, a.json); }));

    auto top = add("top", "Shows what the daemon does, once a second",
                   [&] { show_top(where, a.interval, a.count); });
    top.option("--interval", a.interval, "seconds").show_default().within(0.05, 3600.0);
    top.option("--count", a.count, "how many times; 0: for ever").show_default();

    auto get = add("get", "Shows a property, or all of them", [&] { get_property(where, a.name, a.json); });
    get.option("PROPERTY", a.name, "such as RefreshLimit");
    add_json(get);
    auto set = add("set", "Changes a property, from the next frame on",
                   [&] { set_property(where, a.name, a.value); });
    set.option("PROPERTY", a.name, "such as RefreshLimit").required();
    set.option("VALUE", a.value, "what it becomes").required();
    set.footer(settings_help());

    add_json(add("displays", "Lists the displays", [&] { list_displays(where, a.json); }));
    add_json(add("surfaces", "Lists the surfaces of the display", [&] { list_surfaces(where, a.json); }));
    constexpr const char* which = "its number, name or object path";
    add("activate", "Shows a surface", [&] { activate_surface(where, a.name); })
        .option("SURFACE", a.name, which)
        .required();
    add("close", "Closes a surface; its client keeps its memory", [&] { close_surface(where, a.name); })
        .option("SURFACE", a.name, which)
        .required();

    add("screenshot", "Writes what the display shows as a PNG file", [&] { take_screenshot(where, a.name); })
        .option("FILE", a.name, "where to; - is the standard output")
        .required();
    add("watch", "Shows the damage as it happens, a line a frame", [&] { watch_damage(where, a.count); })
        .option("--count", a.count, "how many frames; 0: for ever")
        .show_default();

    add("refresh", "Presents everything once, changed or not", [&] { refresh_display(where); });
    add("mode", "Changes the display's mode", [&] { set_mode(where, a.name); })
        .option("MODE", a.name, "WIDTHxHEIGHT in pixels")
        .required();
    add("reload", "Has the daemon read its configuration again", [&] { reload_configuration(where); });

    auto doctor = add("doctor", "Says what this machine can do, and what mends the rest",
                      [&] { code = examine(where, a.root, a.json) ? success : failure; });
    add_json(doctor);
    // For tests.
    doctor.option("--root", a.root, "look at another /sys, /dev and /proc").hidden();
}

struct CommandLine {
    explicit CommandLine(Where& where) {
        program.option("--bus", where.bus, "system, session or a D-Bus address; $HVFB_BUS if not given")
            .show_default();
        program.option("--display", where.display, "the display, as in its object path").show_default();
        program.version(HVFBD_VERSION);
        add_commands(program, where, arguments, code);
    }
    CommandLine(const CommandLine&) = delete;
    CommandLine& operator=(const CommandLine&) = delete;
    ~CommandLine() = default;

    Arguments arguments;
    ExitCode code = success;
    tools::CommandLineParser program{"Looks at hvfbd, the framebuffer in user space, and tunes it.",
                                     "hvfbctl"};
};

}  // namespace

ExitCode run_command_line(int argc, char** argv, Where& where) {
    CommandLine line(where);
    // The commands run in there.
    const auto ended = line.program.parse(argc, argv);
    return ended ? static_cast<ExitCode>(*ended) : line.code;
}

tools::CommandLineModel command_line_model() {
    Where where;
    return CommandLine(where).program.model();
}

}  // namespace hvfbctl
