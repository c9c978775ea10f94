#include "command_line.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "commands.h"
#include "common/settings_table.h"

namespace hvfbctl {

namespace {

// What the commands take. One set is enough: one command runs.
struct Arguments {
    bool json = false, verbose = false, actual_size = false;
    std::string name, value, root, color = "auto";
    ConsoleOptions console;
    RecordOptions record;
    double interval = 1;  // seconds
    unsigned count = 0;
};

// What `set` takes: a line each, with the range, the default and what it is.
std::string settings_help() {
    std::string text = "Properties:";
    const auto add = [&text](const hvfbd::Setting& setting) {
        std::string line = "\n  " + std::string(setting.name);
        line.append(line.size() < 20 ? 20 - line.size() : 1, ' ');
        text += line + range_of(setting) + "; default " + shown(setting, setting.usual) + ". " +
                std::string(setting.help);
    };
    for (const hvfbd::Setting& setting : hvfbd::display_settings) add(setting);
    add(hvfbd::log_level_setting);
    return text +
           "\nIt counts until the next reload, or until the service is stopped. To keep it, put it into "
           "/etc/hvfbd/hvfbd.conf.d/zz-local.conf (hvfbd.conf(5)), such as:\n"
           "  [Display]\n"
           "  RefreshLimit=60\n"
           "  IdleTimeoutSec=100ms\n"
           "  [Log]\n"
           "  Level=debug";
}

class Commands {
  public:
    Commands(tools::CommandLineParser& program, const Where& where, Arguments& arguments, ExitCode& code)
        : program_(program), where_(where), a(arguments), code_(code) {}

    void add_all() {
        add_looking();
        add_tuning();
        add_pictures();
        add_console();
        auto doctor =
            add_with_json("doctor", "Says what this machine can do, and what mends the rest",
                          [this] { code_ = examine(where_, root(), a.json, style()) ? success : failure; });
        // For tests.
        for (auto* command : {&status_.value(), &doctor})
            command->option("--root", a.root, "look at another /sys, /dev, /proc and /etc").hidden();
    }

  private:
    template <class Run>
    tools::CommandLineParser::Command add(const char* name, const char* description, Run run) {
        return program_.command(name, description, [this, name, run] {
            // It may stand before any command.
            if (a.json) throw UsageError(std::string(name) + " has no --json");
            run();
        });
    }
    template <class Run>
    tools::CommandLineParser::Command add_with_json(const char* name, const char* description, Run run) {
        auto command = program_.command(name, description, run);
        command.flag("--json", a.json, "for programs, not for people");
        return command;
    }
    Style style() const { return style_of_output(a.color); }
    std::string root() const { return a.root.empty() ? "/" : a.root; }

    void add_looking() {
        status_ = add_with_json("status", "Shows the display, its settings and surfaces", [this] {
            show_status(where_, {a.json, a.verbose, a.root}, style());
        });
        status_->flag("--verbose", a.verbose, "with the counters since the start");
        add_with_json("displays", "Lists the displays", [this] { list_displays(where_, a.json); });
        add_with_json("surfaces", "Lists the surfaces of the display",
                      [this] { list_surfaces(where_, a.json, style()); });
        auto top = add_with_json("top", "Shows what the daemon does, once a second", [this] {
            show_top(where_, {a.json, a.interval, a.count}, style());
        });
        top.option("--interval", a.interval, "seconds").show_default().within(0.05, 3600.0);
        top.option("--count", a.count, "how many times; 0: for ever").show_default();
        add("metrics", "Prints the counters of all displays as OpenMetrics text",
            [this] { print_metrics(where_); });
    }

    void add_tuning() {
        auto get = add_with_json("get", "Shows a property, or all of them",
                                 [this] { get_property(where_, a.name, a.json); });
        get.option("PROPERTY", a.name, "such as RefreshLimit");
        auto set = add("set", "Changes a property, from the next frame on",
                       [this] { set_property(where_, a.name, a.value); });
        set.option("PROPERTY", a.name, "such as RefreshLimit; PROPERTY=VALUE is one word for both")
            .required();
        set.option("VALUE", a.value, "what it becomes").required();
        set.footer(settings_help());
        add("reload", "Has the daemon read its configuration again",
            [this] { reload_configuration(where_); });
        auto mode = add_with_json("mode", "Changes the display's mode, or lists the modes", [this] {
            if (a.name.empty()) return list_modes(where_, a.json);
            if (a.json) throw UsageError("mode has --json only where it lists the modes");
            set_mode(where_, a.name);
        });
        mode.option("MODE", a.name, "WIDTHxHEIGHT in pixels");
        add("refresh", "Presents everything once, changed or not", [this] { refresh_display(where_); });
        constexpr const char* which = "its number, name or object path";
        add("activate", "Shows a surface", [this] { activate_surface(where_, a.name); })
            .option("SURFACE", a.name, which)
            .required();
        add("close", "Closes a surface; its client keeps its memory",
            [this] { close_surface(where_, a.name); })
            .option("SURFACE", a.name, which)
            .required();
    }

    void add_pictures() {
        add("screenshot", "Writes what the display shows as a PNG file",
            [this] { take_screenshot(where_, a.name); })
            .option("FILE", a.name, "where to; - is the standard output")
            .required();
        auto record = add("record", "Records what the display shows as a video, until Ctrl-C",
                          [this] { record_display(where_, a.record); });
        record
            .option("VIDEO", a.record.file,
                    "where to: .mkv, .mp4 or .webm, which ffmpeg makes; - writes YUV4MPEG2 to the standard "
                    "output")
            .required();
        record
            .option("--rate", a.record.rate,
                    "pictures a second, at most; the display's RefreshLimit if not given")
            .within(1, 1000);
        record.option("--seconds", a.record.seconds, "how long").within(0.1, 1e6);
        record.flag("--lossless", a.record.lossless, "each pixel as it was, in a .mkv file (FFV1)");
        add("view", "Opens a window that shows the display", [this] {
            view_display(where_, a.actual_size);
        }).flag("--actual-size", a.actual_size, "a pixel for a pixel, and not scaled to the window");
        add_with_json("watch", "Shows the damage as it happens, a line a frame",
                      [this] { watch_damage(where_, a.count, a.json); })
            .option("--count", a.count, "how many frames; 0: for ever")
            .show_default();
    }

    void add_console() {
        auto console = add("console", "Scrolls the text console back to what has scrolled off it",
                           [this] { scroll_console(a.console); });
        console.option("ACTION", a.console.action, "scroll; forget: keep nothing of what has scrolled off")
            .required()
            .one_of({"scroll", "forget"});
        console.option("WHERE", a.console.where, "left out: by the keys of this terminal, until q is pressed")
            .one_of({"up", "down", "top", "end"});
        console.option("LINES", a.console.lines, "up and down: how many lines; half a screen if not given")
            .within(1, 10000);
        console.option("--control", a.console.control, "the socket of hvfb-console").show_default().path();
        console.footer(
            "From another terminal, over ssh, or for a key. Text that is written to the terminal, and so a "
            "key "
            "that it shows, returns to the end.");
    }

    tools::CommandLineParser& program_;
    const Where& where_;
    Arguments& a;
    ExitCode& code_;
    std::optional<tools::CommandLineParser::Command> status_;
};

struct CommandLine {
    explicit CommandLine(Where& where) : commands(program, where, arguments, code) {
        program.option("--bus", where.bus, "system, session or a D-Bus address; $HVFB_BUS if not given")
            .show_default();
        program
            .option("--display", where.display,
                    "the display, as in its object path; $HVFB_DISPLAY if not given")
            .show_default();
        program.version(HVFBD_VERSION);
        program.option("--color", arguments.color, "whether text is in colour")
            .show_default()
            .one_of({"auto", "always", "never"});
        // As well as behind the commands that have it.
        program.flag("--json", arguments.json, "for programs").hidden();
        commands.add_all();
        program.footer(
            "Questions:\n"
            "  What is on the screen?  hvfbctl screenshot screen.png\n"
            "  Why is it dark?         hvfbctl status; then: sudo hvfbctl doctor\n"
            "  Who draws?              hvfbctl surfaces\n"
            "  How much, how fast?     hvfbctl top\n"
            "  How is it limited?      sudo hvfbctl set RefreshLimit 10; it says how that is kept\n"
            "Exit codes: 0 done, 1 failed, 2 the command line makes no sense.");
    }
    CommandLine(const CommandLine&) = delete;
    CommandLine& operator=(const CommandLine&) = delete;
    ~CommandLine() = default;

    Arguments arguments;
    ExitCode code = success;
    tools::CommandLineParser program{"Looks at hvfbd, the framebuffer in user space, and tunes it.",
                                     "hvfbctl"};

  private:
    Commands commands;
};

// "set NAME=VALUE" as "set NAME VALUE".
std::vector<std::string> with_assignment_apart(std::vector<std::string> words) {
    std::vector<std::size_t> plain;  // what is neither an option nor the value of one
    for (std::size_t i = 1; i < words.size(); ++i)
        if (words[i] == "--bus" || words[i] == "--display" || words[i] == "--color")
            ++i;
        else if (!words[i].starts_with('-'))
            plain.push_back(i);
    if (plain.size() != 2 || words[plain[0]] != "set") return words;
    const std::size_t at = plain[1], equals = words[at].find('=');
    if (equals == std::string::npos) return words;
    words.insert(words.begin() + static_cast<std::ptrdiff_t>(at) + 1, words[at].substr(equals + 1));
    words[at].resize(equals);
    return words;
}

}  // namespace

ExitCode run_command_line(int argc, char** argv, Where& where) {
    CommandLine line(where);
    std::vector<std::string> words = with_assignment_apart({argv, argv + argc});
    std::vector<char*> pointers;
    pointers.reserve(words.size() + 1);
    for (std::string& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    // The commands run in there.
    const auto ended = line.program.parse(static_cast<int>(words.size()), pointers.data());
    return ended ? static_cast<ExitCode>(*ended) : line.code;
}

tools::CommandLineModel command_line_model() {
    Where where;
    return CommandLine(where).program.model();
}

}  // namespace hvfbctl
