// Plays the Hyper-V host of a guest's synthetic video device, for tests and demonstrations.
#include <csignal>
#include <filesystem>
#include <iostream>
#include <stdexcept>

#include "common/command_line_parser.h"
#include "common/numbers.h"
#include "common/standard_descriptors.h"
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
    hvhost::ServerOptions options;
    std::string like = "windows", version, address = "0xf8000000", resolutions, seeds;
    std::vector<std::string> command;
    tools::CommandLineParser program{
        "Plays the Hyper-V host of a synthetic video device.\n"
        "With --socket or --ivshmem it serves; with --control and a command it tells a running one what to "
        "do."};
    auto socket = program.option("--socket", options.socket, "Where guests connect: docs/simulated-uio.md");
    auto ivshmem =
        program.option("--ivshmem", options.ivshmem, "Where a QEMU connects, for its guest: docs/ivshmem.md");
    ivshmem.excludes(socket);
    program.option("--control", options.control, "Where commands are taken, one a line");
    program.flag("--stdin", options.from_stdin,
                 "Take commands from the standard input as well, and end with it");
    program.option("--like", like, "Which host to be").one_of({"openvmm", "windows"}).show_default();
    program.option("--hostile", seeds, "SEED or FIRST..LAST: mean ill, another way with each connection");
    program.option("--framebuffer-size", options.video_memory_size, "Bytes").show_default();
    program.option("--ring-size", options.ring_size, "Bytes of both rings together").show_default();
    program.option("--address", address, "Guest-physical address of the video memory")
        .excludes(ivshmem)
        .show_default();
    program.option("--monitor", options.monitor, "The channel has this bit in the monitor page")
        .within(0, 127)
        .excludes(ivshmem);
    program.option("--max-version", version, "Newest that is accepted; windows only; otherwise 3.5")
        .one_of({"3.5", "3.2"});
    program.option("--resolutions", resolutions, "WxH,...: what the host lists, its choice first");
    program.flag("--long-feature-change", options.host.long_feature_change, "Send the newer, longer kind");
    program.flag("--one-rectangle", options.host.one_rectangle, "Complain of DIRT with several rectangles");
    program.flag("!--no-acknowledge", options.host.acknowledges, "Never acknowledge a situation");
    program.flag("--quiet", options.quiet, "Say nothing of what happens");
    program.option("command", command,
                   "show, hide, close, rescind, reset, offer, resolutions WxH,..., stall, continue, "
                   "screenshot FILE.png, "
                   "raw FILE, raw-framebuffer FILE, status, quit");
    if (const auto code = program.parse(argc, argv)) return *code;
    try {
        if (options.socket.empty() && options.ivshmem.empty() && command.empty())
            throw std::runtime_error("--socket PATH, --ivshmem PATH or a command is needed");
        if (options.control.empty() && !command.empty())
            throw std::runtime_error("a command is for the one that runs at --control PATH");
        if (options.ring_size % 8192 != 0 || options.ring_size < 16384 ||
            options.video_memory_size % 4096 != 0)
            throw std::runtime_error("sizes are whole pages, and the rings at least two each");
        options.host.like =
            like == "openvmm" ? hvhost::Options::Like::openvmm : hvhost::Options::Like::windows;
        options.host.max_minor = version == "3.2" ? 2 : 5;
        options.address = hexadecimal(address);
        if (options.host.like == hvhost::Options::Like::openvmm) {
            if (!version.empty())
                throw std::runtime_error("OpenVMM accepts every version 3.x: --max-version is for windows");
            options.host.resolutions = {{1024, 768}, {1280, 1024}};
        }
        if (!resolutions.empty()) options.host.resolutions = hvhost::parse_resolutions(resolutions);
        if (!seeds.empty()) options.seeds = parse_seeds(seeds);
    } catch (const std::exception& exception) {
        // What a number's parser says of it is its name.
        bool number = dynamic_cast<const std::logic_error*>(&exception) != nullptr;
        std::cerr << "hvhost: " << (number ? "one of the numbers is none" : exception.what())
                  << "; see --help\n";
        return wrong_usage;
    }
    try {
        if (!command.empty()) {
            std::string answer = hvhost::say_to(options.control, line_of(command));
            std::cout << answer << '\n';
            return answer.starts_with("ok") ? 0 : 1;
        }
        ::signal(SIGPIPE, SIG_IGN);
        hvhost::Server(options).run();
    } catch (const std::exception& exception) {
        std::cerr << "hvhost: " << exception.what() << '\n';
        return 1;
    }
    return 0;
}
