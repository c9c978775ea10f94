#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace tools {

// What a command line may hold, for completion. Nothing of what is hidden.
struct CommandLineModel {
    struct Option {
        std::string name;  // --NAME, or NAME for a positional argument
        std::string description;
        bool takes_value = false;
        bool is_path = false;
        std::vector<std::string> values;  // those that are taken; none: any
        bool by_place() const { return !name.starts_with('-'); }
    };
    struct Command {
        std::string name, description;
        std::vector<Option> options;
    };
    std::vector<Option> options;  // of the program: before the command, and after it
    std::vector<Command> commands;
};

// What a program of tools/, or the daemon, takes on its command line: --help says it, and `parse` puts it
// where it belongs. CLI11 does it, which takes a compiler twenty seconds wherever it is included; that is in
// command_line_parser.cpp alone.
//
// Variables given by reference must live until after `parse`. One thread.
class CommandLineParser {
  public:
    // What there is to say of an option beside its name. Each returns the option.
    class Option {
      public:
        explicit Option(CLI::Option& option) : option_(&option) {}

        Option& required();
        Option& show_default();  // what its variable has before `parse` is in --help
        Option& one_of(const std::vector<std::string>& values);
        Option& path();  // of a file, for --help and completion
        Option& within(double least, double most);
        Option& within(int least, int most);
        Option& existing_folder();
        Option& excludes(Option other);  // not both
        Option& hidden();                // not in --help
        // `what_is_wrong` returns a sentence with a value, or nothing; `shape` is what --help says of values.
        Option& check(std::function<std::string(const std::string&)> what_is_wrong, const std::string& shape);

      private:
        CLI::Option* option_;
    };

    // One of several things that the program does.
    class Command {
      public:
        explicit Command(CLI::App& command) : command_(&command) {}

        bool given() const;  // after `parse`
        // `name`: --NAME, or NAME for a positional argument; a flag of "!--NAME" makes `value` false.
        // Value: std::string, a vector of them or of unsigned, int, unsigned, std::uint64_t, double, an
        // optional of unsigned.
        Option flag(const std::string& name, bool& value, const std::string& description);
        template <typename Value>
        Option option(const std::string& name, Value& value, const std::string& description);
        void footer(const std::string& text);  // at the end of its --help

      private:
        CLI::App* command_;
    };

    explicit CommandLineParser(const std::string& description, const std::string& name = "");
    ~CommandLineParser();

    Option flag(const std::string& name, bool& value, const std::string& description);
    template <typename Value>
    Option option(const std::string& name, Value& value, const std::string& description) {
        return all().option(name, value, description);
    }
    void version(const std::string& version);  // --version
    void footer(const std::string& text);      // at the end of --help
    // From the first one on, one of them must be given. `run` is called by `parse`, through which its
    // exceptions come. Options of the program may follow the command as well.
    Command command(const std::string& name, const std::string& description, std::function<void()> run = {});

    CommandLineModel model() const;

    // Nothing: go on. Otherwise the exit code of a program that has said all there is to say: 0 after --help
    // and --version, 2 where the command line makes no sense.
    std::optional<int> parse(int argc, const char* const* argv);

  private:
    Command all() { return Command(*program_); }

    std::unique_ptr<CLI::App> program_;
};

}  // namespace tools
