#include "completion_texts.h"

#include <map>
#include <stdexcept>

#include "common/settings_table.h"
#include "console/command_line.h"
#include "hvfbctl/command_line.h"
#include "hvhost/command_line.h"
#include "hvhost/commands.h"
#include "input/command_line.h"
#ifdef HVFBD_RUN
#include "run/program/command_line.h"
#endif
#ifdef HVFBD_VNC
#include "vnc/command_line.h"
#endif

namespace texts {

namespace {

using Command = tools::CommandLineModel::Command;
using Option = tools::CommandLineModel::Option;

// In single quotes of a shell.
std::string in_quotes(const std::string& text) {
    std::string inside;
    for (char c : text) inside += c == '\'' ? "'\\''" : std::string(1, c);
    return "'" + inside + "'";
}

// The descriptions of zsh end with ] and with :.
std::string escaped(const std::string& text) {
    std::string escaped;
    for (char c : text)
        escaped += c == ']' || c == '[' || c == ':' ? std::string("\\") + c : std::string(1, c);
    return escaped;
}

void append(std::string& list, const std::string& word) {
    list += (list.empty() ? "" : " ") + word;
}

// How zsh completes what stands at this place of a command.
std::string zsh_argument(const Command& command, const Option& argument, int place) {
    static const std::map<std::string, std::string> known = {{"VALUE", "value:->value"},
                                                             {"SURFACE", "surface:_hvfbctl_surfaces"},
                                                             {"FILE", "file:_files -g \"*.png\""},
                                                             {"VIDEO", "file:_files -g \"*.(mkv|mp4|webm)\""},
                                                             {"MODE", "mode:"},
                                                             {"LINES", "lines:"}};
    const std::string at = std::to_string(place) + ":";
    if (argument.name == "PROPERTY")
        return "\"" + at + "property:($" + (command.name == "set" ? "tunable" : "readable") + ")\"";
    if (!argument.values.empty()) {
        std::string choices;
        for (const std::string& value : argument.values) append(choices, value);
        return "'" + at + argument.name + ":(" + choices + ")'";
    }
    const auto found = known.find(argument.name);
    if (found == known.end())
        throw std::runtime_error(
            "hvfbctl " + command.name + " takes " + argument.name +
            ", which tools/texts/completion_texts.cpp and tools/completion/ do not know");
    return "'" + at + found->second + "'";
}

// --NAME[description]:NAME:values
std::string zsh_option(const Option& option) {
    static const std::map<std::string, std::string> values = {{"--bus", "(system session)"},
                                                              {"--display", "_hvfbctl_displays"}};
    const std::string about = "[" + escaped(option.description) + "]";
    if (option.name == "--help") return "'(- *)'{-h,--help}" + in_quotes(about);
    if (!option.takes_value) return in_quotes(option.name + about);
    std::string choices;
    for (const std::string& value : option.values) append(choices, value);
    if (!choices.empty()) choices = "(" + choices + ")";
    const auto found = values.find(option.name);
    return in_quotes(option.name + "=" + about + ":" + option.name.substr(2) + ":" +
                     (found == values.end() ? choices : found->second));
}

struct Lists {
    std::string bash, zsh;
    std::string arguments;  // by place
};

Lists lists_of(const Command& command) {
    Lists lists;
    int place = 0;
    for (const Option& option : command.options) {
        if (option.by_place()) {
            append(lists.arguments, option.name);
            append(lists.zsh, zsh_argument(command, option, ++place));
        } else if (option.name != "--help") {
            append(lists.bash, option.name);
            append(lists.zsh, zsh_option(option));
        }
    }
    return lists;
}

void add_words(Texts& texts, const hvfbd::Setting& setting) {
    const std::string name(setting.name);
    std::string words;
    for (const std::string& word : words_of(setting)) append(words, word);
    append(texts["TUNABLE"], name);
    if (words.empty()) return;
    texts["VALUES_IN_BASH"] += "        [" + name + "]=" + in_quotes(words) + "\n";
    texts["VALUES_IN_ZSH"] += "                " + name + ") _values " + name + " " + words + " ;;\n";
}

// A branch of bash's `case` for what follows `word`.
std::string branch(const std::string& word, const std::string& what) {
    return "        " + word + ") " + what + ";;\n";
}

// The options of a program without commands, and a branch for each that takes a value.
std::string options_in_bash(const tools::CommandLineModel& model, std::string& values) {
    std::string options;
    for (const Option& option : model.options) {
        if (option.by_place()) continue;
        append(options, option.name);
        if (!option.takes_value) continue;
        std::string choices;
        for (const std::string& value : option.values) append(choices, value);
        values += branch(option.name, option.is_path    ? "_filedir "
                                      : choices.empty() ? ""
                                                        : "choices=" + in_quotes(choices) + " ");
    }
    return options;
}

}  // namespace

void add_console_completion_texts(Texts& texts) {
    const std::string options =
        options_in_bash(console::command_line_model(), texts["CONSOLE_VALUES_IN_BASH"]);
    texts["CONSOLE_WORDS_IN_BASH"] = "            choices=" + in_quotes(options) + "\n";
}

void add_input_completion_texts(Texts& texts) {
    const std::string options = options_in_bash(input::command_line_model(), texts["INPUT_VALUES_IN_BASH"]);
    texts["INPUT_WORDS_IN_BASH"] = "            choices=" + in_quotes(options) + "\n";
}

#ifdef HVFBD_RUN
void add_run_completion_texts(Texts& texts) {
    const std::string options = options_in_bash(run::command_line_model(), texts["RUN_VALUES_IN_BASH"]);
    texts["RUN_WORDS_IN_BASH"] = "            choices=" + in_quotes(options) + "\n";
}
#endif

#ifdef HVFBD_VNC
void add_vnc_completion_texts(Texts& texts) {
    const std::string options = options_in_bash(vnc::command_line_model(), texts["VNC_VALUES_IN_BASH"]);
    texts["VNC_WORDS_IN_BASH"] = "            choices=" + in_quotes(options) + "\n";
}
#endif

void add_hvhost_completion_texts(Texts& texts) {
    std::string& values = texts["HVHOST_VALUES_IN_BASH"];
    const std::string options = options_in_bash(hvhost::command_line_model(), values);
    std::string commands;
    const auto add = [&values](const std::string& word, const std::string& what) {
        values += branch(word, what);
    };
    for (const hvhost::Command& command : hvhost::commands) {
        append(commands, command.name);
        if (command.extension != nullptr)
            add(command.name,
                std::string("_filedir ") + command.extension + (*command.extension == '\0' ? "" : " "));
        else if (*command.argument != '\0')
            add(command.name, "");
    }
    texts["HVHOST_WORDS_IN_BASH"] = "                -*) choices=" + in_quotes(options) +
                                    " ;;\n                *) choices=" + in_quotes(commands) + " ;;\n";
}

void add_completion_texts(Texts& texts, const std::set<std::string>& properties) {
    const tools::CommandLineModel model = hvfbctl::command_line_model();
    std::string everywhere, first, with_value, names, zsh_everywhere;
    for (const Option& option : model.options) {
        append(first, option.name);
        if (option.name == "--version") continue;
        append(everywhere, option.name);
        append(zsh_everywhere, zsh_option(option));
    }
    for (const Option& option : model.options) {
        if (option.values.empty()) continue;
        std::string choices;
        for (const std::string& value : option.values) append(choices, value);
        texts["OPTION_VALUES_IN_BASH"] +=
            "        " + option.name + ") choices=" + in_quotes(choices) + " ;;\n";
    }
    std::set<std::string> valued;
    const auto note = [&valued](const std::vector<Option>& options) {
        for (const Option& option : options)
            if (!option.by_place() && option.takes_value) valued.insert(option.name);
    };
    note(model.options);
    texts["OPTIONS_IN_BASH"] = "        [-]=" + in_quotes(first) + "\n";
    for (const Command& command : model.commands) {
        note(command.options);
        append(names, command.name);
        const Lists lists = lists_of(command);
        std::string options = lists.bash;
        append(options, everywhere);
        texts["OPTIONS_IN_BASH"] += "        [" + command.name + "]=" + in_quotes(options) + "\n";
        if (!lists.arguments.empty())
            texts["ARGUMENTS_IN_BASH"] +=
                "        [" + command.name + "]=" + in_quotes(lists.arguments) + "\n";
        texts["COMMANDS_IN_ZSH"] += "        " + in_quotes(command.name + ":" + command.description) + "\n";
        texts["ARGUMENTS_IN_ZSH"] += "                " + command.name + ") _arguments $common" +
                                     (lists.zsh.empty() ? "" : " " + lists.zsh) + " ;;\n";
    }
    for (const std::string& option : valued) append(with_value, option);
    for (const hvfbd::Setting& setting : hvfbd::display_settings) add_words(texts, setting);
    add_words(texts, hvfbd::log_level_setting);
    const std::string tunable = texts["TUNABLE"];
    std::string read_only;
    for (const std::string& property : properties)
        if (hvfbd::setting_named(property) == nullptr) append(read_only, property);
    texts["COMMANDS_IN_BASH"] = "    local commands=" + in_quotes(names) + "\n";
    texts["WITH_VALUE_IN_BASH"] = "    local with_value=" + in_quotes(with_value) + "\n";
    texts["PROPERTIES_IN_BASH"] =
        "    local tunable=" + in_quotes(tunable) + "\n    local readable=\"$tunable " + read_only + "\"\n";
    texts["PROPERTIES_IN_ZSH"] = "    tunable=(" + tunable + ")\n    readable=($tunable " + read_only + ")\n";
    texts["COMMON_IN_ZSH"] = "    common=(" + zsh_everywhere + ")\n";
}

}  // namespace texts
