// Plays the Hyper-V host of a guest's synthetic video device, for tests and demonstrations.
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <stdexcept>
#include <system_error>

#include "common/numbers.h"
#include "common/standard_descriptors.h"
#include "hvhost/command_line.h"
#include "hvhost/resolutions.h"
#include "hvhost/server.h"

namespace {

std::pair<std::uint64_t, std::uint64_t> parse_seeds(std::string_view text) {
    const std::size_t dots = text.find("..");
    const auto first = hvfbd::whole_number(text.substr(0, dots));
    const auto last =
        dots == std::string_view::npos ? UINT64_MAX : hvfbd::whole_number(text.substr(dots + 2));
    if (!first || !last) throw std::invalid_argument("seeds");
    return {*first, *last};
}

std::uint64_t hexadecimal(std::string_view text) {
    const auto number = hvfbd::hexadecimal_number(text);
    if (!number) throw std::invalid_argument("address");
    return *number;
}

// A running one has another working folder.
std::string line_of(std::vector<std::string> command) {
    bool writes = command.front() == "screenshot" || command.front().starts_with("raw");
    if (writes && command.size() == 2) command[1] = std::filesystem::absolute(command[1]);
    std::string line;
    for (const std::string& word : command) line += (line.empty() ? "" : " ") + word;
    // What follows it would be a command of its own.
    if (line.find('\n') != std::string::npos)
        throw std::runtime_error("a command, and a file that it names, is one line");
    return line;
}

}  // namespace

// NOLINTNEXTLINE(bugprone-exception-escape): what the set-up of the command line throws is a mistake in it
int main(int argc, char** argv) {
    hold_standard_descriptors();
    constexpr int wrong_usage = 2;
    hvhost::CommandLine line;
    hvhost::ServerOptions& options = line.options;
    if (const auto code = line.program.parse(argc, argv)) return *code;
    try {
        if (options.socket.empty() && options.ivshmem.empty() && line.command.empty())
            throw std::runtime_error("--socket PATH, --ivshmem PATH or a command is needed");
        if (options.control.empty() && !line.command.empty())
            throw std::runtime_error("a command is for the one that runs at --control PATH");
        if (line.background && !line.command.empty())
            throw std::runtime_error(
                "--background is for one that serves, and a command is for one that runs");
        if (options.ring_size % 8192 != 0 || options.ring_size < 16384 ||
            options.video_memory_size % 4096 != 0)
            throw std::runtime_error("sizes are whole pages, and the rings at least two each");
        options.host.like =
            line.like == "openvmm" ? hvhost::Options::Like::openvmm : hvhost::Options::Like::windows;
        options.host.max_minor = line.version == "3.2" ? 2 : 5;
        options.address = hexadecimal(line.address);
        if (options.host.like == hvhost::Options::Like::openvmm) {
            if (!line.version.empty())
                throw std::runtime_error("OpenVMM accepts every version 3.x: --max-version is for windows");
            options.host.resolutions = {{1024, 768}, {1280, 1024}};
        }
        if (!line.resolutions.empty()) options.host.resolutions = hvhost::parse_resolutions(line.resolutions);
        if (!line.seeds.empty()) options.seeds = parse_seeds(line.seeds);
    } catch (const std::exception& exception) {
        // What a number's parser says of it is its name.
        bool number = dynamic_cast<const std::logic_error*>(&exception) != nullptr;
        std::cerr << "hvhost: " << (number ? "one of the numbers is none" : exception.what())
                  << "; see --help\n";
        return wrong_usage;
    }
    try {
        if (!line.command.empty()) {
            std::string answer = hvhost::say_to(options.control, line_of(line.command));
            std::cout << answer << '\n';
            return answer.starts_with("ok") ? 0 : 1;
        }
        ::signal(SIGPIPE, SIG_IGN);
        hvhost::Server server(options);
        // It listens: what follows in a script may connect, and change who else may. The working folder
        // stays, for paths.
        if (line.background && ::daemon(1, 0) < 0)
            throw std::system_error(errno, std::system_category(), "go to the background");
        server.run();
    } catch (const std::exception& exception) {
        std::cerr << "hvhost: " << exception.what() << '\n';
        return 1;
    }
    return 0;
}
