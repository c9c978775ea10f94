#include "console/command/service.h"

#include <poll.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <system_error>

#include "common/ending_signals.h"
#include "console/command/command.h"
#include "console/command/command_console.h"
#include "console/command/terminal_launcher.h"
#include "console/command/typing_clients.h"
#include "console/font_files.h"
#include "console/service_start.h"

namespace console {

namespace {

// The exit code of the command; nothing: a signal ended this, or
// somebody who has closed the surface.
std::optional<int> run(CommandConsole& console, Command& command, TerminalLauncher& terminal,
                       TypingClients* typing, const Screen& screen, int signals) {
    std::vector<std::uint8_t> buffer(most_output);
    enum Place : std::size_t { ending, surface, answers, output, end, places };
    std::vector<pollfd> watched;
    while (!console.is_closed()) {
        const Time before = std::chrono::steady_clock::now();
        console.update(before);
        watched.resize(places);
        watched[ending] = {signals, POLLIN, 0};
        watched[surface] = {screen.fd(), POLLIN, 0};
        watched[answers] = {terminal.fd(), terminal.events(), 0};
        // poll() ignores a negative descriptor.
        watched[output] = {console.takes_output() ? command.output_fd() : -1, POLLIN, 0};
        watched[end] = {command.end_fd(), POLLIN, 0};
        if (typing != nullptr) typing->watch(watched, console.takes_keys());
        if (::poll(watched.data(), watched.size(), timeout_until(console.wake_at(before), before)) < 0) {
            if (errno == EINTR) continue;
            throw std::system_error(errno, std::system_category(), "wait for the command");
        }
        if (watched[ending].revents != 0) return std::nullopt;
        if (watched[end].revents != 0)
            if (const auto code = command.exit_code()) return code;
        if (watched[surface].revents != 0) console.on_screen();
        if (watched[answers].revents != 0) {
            if (const auto bytes = terminal.take())
                console.on_answer(*bytes, std::chrono::steady_clock::now());
            else
                console.on_terminal_gone(terminal.why_it_ended());
        }
        if (watched[output].revents != 0) console.on_output(command.read(buffer));
        if (typing != nullptr) console.on_keys(typing->take(std::span(watched).subspan(places)));
    }
    log("somebody has closed the surface: ends, and the command with it");
    return std::nullopt;
}

}  // namespace

int serve_command(const ServiceOptions& options, const std::vector<std::string>& words) {
    const hvfbd::Descriptor signals = hvfbd::ending_signals();
    const Fonts fonts = load_fonts(options.font, log);
    const std::unique_ptr<SurfaceScreen> screen = open_screen(options.surface, signals.get());
    if (!screen) return 0;
    // The command ends before its terminal does.
    TerminalLauncher terminal;
    std::optional<TypingClients> typing;
    if (!options.input.empty()) typing.emplace(options.input, log);
    Command command(typing.has_value());
    CommandConsole console(*screen, terminal, command, fonts, options.appearance, log);
    try {
        command.start(words);
    } catch (const std::system_error& error) {
        constexpr int not_found = 127, not_executable = 126;
        log(error.what());
        return error.code() == std::errc::no_such_file_or_directory ? not_found : not_executable;
    }
    return run(console, command, terminal, typing ? &*typing : nullptr, *screen, signals.get()).value_or(0);
}

}  // namespace console
