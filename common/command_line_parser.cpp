#include "common/command_line_parser.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <iostream>
#include <sstream>
#include <vector>

#include "common/did_you_mean.h"

namespace tools {

using Option = CommandLineParser::Option;
using Command = CommandLineParser::Command;

namespace {

constexpr const char* path_type = "PATH";

// CLI11 keeps the values of one_of() in the name of the type alone: "TEXT:{one,another}".
std::vector<std::string> values_of(const CLI::Option& option) {
    const std::string type = option.get_type_name();
    const auto open = type.find('{'), close = type.find('}');
    if (open == std::string::npos || close == std::string::npos) return {};
    return CLI::detail::split(type.substr(open + 1, close - open - 1), ',');
}

std::string program_name(int argc, const char* const* argv) {
    const std::string path = argc > 0 ? argv[0] : "";
    return path.substr(path.rfind('/') + 1);
}

std::string in_quotes(const std::string& word) {
    std::string text = word;
    // What a terminal would obey.
    std::ranges::replace_if(
        text, [](unsigned char c) { return c < ' ' || c == 0x7f; }, '?');
    return '"' + text + '"';
}

std::string listed(const std::vector<std::string>& words) {
    return CLI::detail::join(words, ", ");
}

std::string plain(double number) {
    std::ostringstream text;
    text << number;
    return text.str();
}

template <typename Number>
CLI::Validator range(Number least, Number most) {
    const std::string in_words = plain(least) + " to " + plain(most);
    return CLI::Validator(
        [=](const std::string& text) {
            Number value{};
            const bool within = CLI::detail::lexical_cast(text, value) && value >= least && value <= most;
            return within ? std::string() : "must be " + in_words + "; " + in_quotes(text) + " is not";
        },
        in_words);
}

CLI::Validator choice(const std::vector<std::string>& values) {
    const auto what_is_wrong = [=](const std::string& text) {
        if (std::ranges::find(values, text) != values.end()) return std::string();
        return "must be one of " + listed(values) + "; " + in_quotes(text) + " is not" +
               hvfbd::did_you_mean(text, values);
    };
    return {what_is_wrong, "{" + CLI::detail::join(values, ",") + "}"};
}

// The program, or the command that was given.
const CLI::App& app_of(const CLI::App& program) {
    const auto given = program.get_subcommands();
    return given.empty() ? program : *given.front();
}

std::string name_of(const CLI::App& program) {
    const CLI::App& app = app_of(program);
    return &app == &program ? program.get_name() : program.get_name() + " " + app.get_name();
}

std::vector<std::string> options_of(const CLI::App& program) {
    std::vector<std::string> names;
    for (const CLI::App* app : {&program, &app_of(program)})
        for (const CLI::Option* option : app->get_options())
            if (!option->get_group().empty())
                for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    return names;
}

std::vector<std::string> commands_of(const CLI::App& program) {
    std::vector<std::string> commands;
    for (const CLI::App* command : program.get_subcommands([](const CLI::App*) { return true; }))
        commands.push_back(command->get_name());
    return commands;
}

// What is said of a word that nothing takes.
std::string what_is_unknown(const CLI::App& program, const std::string& word) {
    if (word.size() > 1 && word.front() == '-') {
        const std::string name = word.substr(0, word.find('='));
        const CLI::App& app = app_of(program);
        return (&app == &program ? "there is no option " : app.get_name() + " has no option ") +
               in_quotes(name) + hvfbd::did_you_mean(name, options_of(program));
    }
    const std::vector<std::string> commands = commands_of(program);
    if (commands.empty() || !program.get_subcommands().empty())
        return in_quotes(word) + " is one word too many";
    const std::string near = hvfbd::did_you_mean(word, commands);
    return "there is no command " + in_quotes(word) +
           (near.empty() ? "; there are: " + listed(commands) : near);
}

const CLI::Option* option_named(const CLI::App& program, const std::string& name) {
    for (const CLI::App* app : {&app_of(program), &program})
        for (const CLI::Option* option : app->get_options())
            if (option->get_name() == name) return option;
    return nullptr;
}

// The same in the words of all messages here, with what is allowed.
std::string what_is_wrong(const CLI::App& program, const CLI::ParseError& error) {
    constexpr std::string_view is_required = " is required", not_converted = "Could not convert: ";
    std::string said = error.what();
    for (const std::string& word : program.remaining(true))
        if (word != "--") return what_is_unknown(program, word);
    const auto before = [&](std::string_view mark) { return said.substr(0, said.find(mark)); };
    switch (static_cast<CLI::ExitCodes>(error.get_exit_code())) {
        case CLI::ExitCodes::RequiredError: {
            if (said.starts_with("A subcommand"))
                return "a command is missing; there are: " + listed(commands_of(program));
            const std::string name = before(is_required);
            const CLI::Option* const option = option_named(program, name);
            return name + " is missing" + (option == nullptr ? "" : ": " + option->get_description());
        }
        case CLI::ExitCodes::ConversionError:
            if (said.starts_with(not_converted) && said.find(" = ") != std::string::npos)
                return before(" = ").substr(not_converted.size()) + ": must be a number; " +
                       in_quotes(said.substr(said.find(" = ") + 3)) + " is not";
            return said;
        case CLI::ExitCodes::ArgumentMismatch:
            return said.find(" missing") == std::string::npos ? said
                                                              : before(":") + " needs a value after it";
        case CLI::ExitCodes::ExcludesError:
            return before(" excludes ") + " and " + said.substr(before(" excludes ").size() + 10) +
                   " cannot both be given";
        default:
            return said;
    }
}

}  // namespace

Option& Option::required() {
    option_->required();
    return *this;
}

Option& Option::show_default() {
    option_->capture_default_str();
    return *this;
}

Option& Option::one_of(const std::vector<std::string>& values) {
    option_->check(choice(values));
    return *this;
}

Option& Option::path() {
    option_->type_name(path_type);
    return *this;
}

Option& Option::within(double least, double most) {
    option_->check(range(least, most));
    return *this;
}

Option& Option::within(int least, int most) {
    option_->check(range(least, most));
    return *this;
}

Option& Option::existing_folder() {
    option_->type_name("DIR")->check(CLI::ExistingDirectory);
    return *this;
}

Option& Option::excludes(Option other) {
    option_->excludes(other.option_);
    return *this;
}

Option& Option::hidden() {
    option_->group("");
    return *this;
}

Option& Option::check(std::function<std::string(const std::string&)> what_is_wrong,
                      const std::string& shape) {
    option_->check(CLI::Validator(std::move(what_is_wrong), shape));
    return *this;
}

bool Command::given() const {
    return command_->parsed();
}

Option Command::flag(const std::string& name, bool& value, const std::string& description) {
    return Option(*command_->add_flag(name, value, description));
}

void Command::footer(const std::string& text) {
    command_->footer(text);
}

template <typename Value>
Option Command::option(const std::string& name, Value& value, const std::string& description) {
    return Option(*command_->add_option(name, value, description));
}

template Option Command::option(const std::string&, std::string&, const std::string&);
template Option Command::option(const std::string&, std::vector<std::string>&, const std::string&);
template Option Command::option(const std::string&, std::vector<unsigned>&, const std::string&);
template Option Command::option(const std::string&, std::optional<unsigned>&, const std::string&);
template Option Command::option(const std::string&, int&, const std::string&);
template Option Command::option(const std::string&, unsigned&, const std::string&);
template Option Command::option(const std::string&, std::uint64_t&, const std::string&);
template Option Command::option(const std::string&, double&, const std::string&);

CommandLineParser::CommandLineParser(const std::string& description, const std::string& name)
    : program_(std::make_unique<CLI::App>(description, name)) {}

CommandLineParser::~CommandLineParser() = default;

Option CommandLineParser::flag(const std::string& name, bool& value, const std::string& description) {
    return all().flag(name, value, description);
}

void CommandLineParser::version(const std::string& version) {
    program_->set_version_flag("--version", version);
}

void CommandLineParser::footer(const std::string& text) {
    program_->footer(text);
}

Command CommandLineParser::command(const std::string& name, const std::string& description,
                                   std::function<void()> run) {
    program_->require_subcommand(1);
    program_->fallthrough();
    CLI::App* const command = program_->add_subcommand(name, description);
    if (run) command->callback(std::move(run));
    return Command(*command);
}

CommandLineModel CommandLineParser::model() const {
    const auto options_of = [](const CLI::App& app) {
        std::vector<CommandLineModel::Option> options;
        for (const CLI::Option* option : app.get_options()) {
            if (option->get_group().empty()) continue;
            const bool by_place = option->get_lnames().empty();
            options.push_back({by_place ? option->get_single_name() : "--" + option->get_lnames().front(),
                               option->get_description(), option->get_items_expected_max() > 0,
                               option->get_type_name() == path_type, values_of(*option)});
        }
        return options;
    };
    CommandLineModel model{options_of(*program_), {}};
    const CLI::App& program = *program_;
    for (const CLI::App* command : program.get_subcommands([](const CLI::App*) { return true; }))
        model.commands.push_back({command->get_name(), command->get_description(), options_of(*command)});
    return model;
}

std::optional<int> CommandLineParser::parse(int argc, const char* const* argv) {
    constexpr int wrong_usage = 2;
    try {
        program_->parse(argc, argv);
        return std::nullopt;
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) return program_->exit(error);
        if (program_->get_name().empty()) program_->name(program_name(argc, argv));
        std::cerr << program_->get_name() << ": " << what_is_wrong(*program_, error)
                  << "\nTry: " << name_of(*program_) << " --help\n";
        return wrong_usage;
    }
}

}  // namespace tools
