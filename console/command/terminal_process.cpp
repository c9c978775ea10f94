#include "console/command/terminal_process.h"

#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

#include "console/command/emulator.h"
#include "console/command/sandbox.h"
#include "console/command/wire.h"

namespace console {

namespace {

constexpr int connection = STDIN_FILENO;

// False: the other side has ended.
bool read_all(std::span<std::uint8_t> bytes) {
    while (!bytes.empty()) {
        const ssize_t got = ::read(connection, bytes.data(), bytes.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        bytes = bytes.subspan(static_cast<std::size_t>(got));
    }
    return true;
}

bool write_all(std::span<const std::uint8_t> bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(connection, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return true;
}

void type_all(Emulator& terminal, std::span<const std::uint8_t> keys) {
    for (TypedKey key; keys.size() >= sizeof key; keys = keys.subspan(sizeof key)) {
        std::memcpy(&key, keys.data(), sizeof key);
        terminal.type(key);
    }
}

// Answers until the other side ends.
void answer_requests(Emulator& terminal) {
    Grid shown;
    TextSize size;
    std::vector<std::uint8_t> keys, output;
    std::array<std::uint8_t, sizeof(RequestHeader)> head{};
    while (read_all(head)) {
        RequestHeader header;
        std::memcpy(&header, head.data(), sizeof header);
        keys.resize(std::min<std::size_t>(header.keys, most_keys) * sizeof(TypedKey));
        output.resize(std::min<std::size_t>(header.length, most_output));
        if (!read_all(keys) || !read_all(output)) return;
        const TextSize wanted{std::min(header.columns, largest_text.columns),
                              std::min(header.rows, largest_text.rows)};
        if (wanted != size) terminal.resize(wanted);
        size = wanted;
        type_all(terminal, keys);
        terminal.input(output);
        if (header.wants_screen == 0) {
            if (!write_all(encode_answer(terminal.take_replies()))) return;
            continue;
        }
        Grid now = terminal.screen(header.ignores_blinking != 0 ? Blink::ignore : Blink::background);
        if (!write_all(encode_answer(terminal.take_replies(), now, shown))) return;
        shown = std::move(now);
    }
}

}  // namespace

void run_terminal_process() {
    constexpr int failed = 1;
    // Its program file is named in lists of processes otherwise: "exe".
    ::prctl(PR_SET_NAME, "hvfb-terminal");
    try {
        Emulator terminal;
        enter_sandbox(connection);
        answer_requests(terminal);
        ::_exit(0);
    } catch (const std::system_error&) {
        // To say more is not possible any more: files may have no bytes.
        ::_exit(exit_without_sandbox);
    } catch (const std::exception&) {
        ::_exit(failed);  // no memory
    }
}

}  // namespace console
