#include "common/command_line_parser.h"

#include <CLI/CLI.hpp>
#include <cstdint>
#include <vector>

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
    option_->check(CLI::IsMember(values));
    return *this;
}

Option& Option::path() {
    option_->type_name(path_type);
    return *this;
}

Option& Option::within(double least, double most) {
    option_->check(CLI::Range(least, most));
    return *this;
}

Option& Option::within(int least, int most) {
    option_->check(CLI::Range(least, most));
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
        return program_->exit(error) == 0 ? 0 : wrong_usage;
    }
}

}  // namespace tools
