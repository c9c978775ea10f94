#include "console/command/command.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <string_view>
#include <system_error>

#include "console/command/spawn.h"

namespace console {

namespace {

[[noreturn]] void fail(const std::string& what) {
    throw std::system_error(errno, std::system_category(), what);
}

// Where nobody types, nothing is to be seen of it; what asks the terminal reads the answers by itself.
void set_up(int terminal, bool is_typed_to) {
    termios settings{};
    if (::tcgetattr(terminal, &settings) != 0) fail("ask for the settings of the pty");
    if (!is_typed_to) settings.c_lflag &= ~tcflag_t{ECHO};
    settings.c_iflag |= IUTF8;
    if (::tcsetattr(terminal, TCSANOW, &settings) != 0) fail("set up the pty");
}

// That of this process, with what the terminal can do, and without the size of another one.
std::vector<std::string> environment_of_command() {
    std::vector<std::string> environment = {"TERM=xterm-256color", "COLORTERM=truecolor"};
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        const std::string_view name = text.substr(0, text.find('='));
        if (name != "TERM" && name != "COLORTERM" && name != "COLUMNS" && name != "LINES")
            environment.emplace_back(text);
    }
    return environment;
}

}  // namespace

Command::Command(bool is_typed_to) : terminal_(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)) {
    std::array<char, PATH_MAX> name{};
    if (!terminal_ || ::grantpt(terminal_.get()) != 0 || ::unlockpt(terminal_.get()) != 0 ||
        ::ptsname_r(terminal_.get(), name.data(), name.size()) != 0)
        fail("make a pty");
    name_ = name.data();
    // Held open: a command that closes its own has not ended, and the output is not hung up.
    programs_end_.reset(::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC));
    if (!programs_end_) fail("open " + name_);
    set_up(programs_end_.get(), is_typed_to);
}

Command::~Command() {
    if (process_ < 0 || exit_code()) return;
    // As when somebody closes the window of a terminal. What ignores that is killed.
    programs_end_.reset();
    terminal_.reset();
    ::kill(-process_, SIGHUP);
    ::kill(-process_, SIGCONT);
    constexpr int patience_ms = 2000;
    pollfd ended{process_fd_.get(), POLLIN, 0};
    while (::poll(&ended, 1, patience_ms) < 0 && errno == EINTR) {
    }
    ::kill(-process_, SIGKILL);
    while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
    }
}

void Command::start(const std::vector<std::string>& words) {
    Spawn spawn;
    spawn.begin_session();
    spawn.open(name_, O_RDWR, STDIN_FILENO);
    spawn.put(STDIN_FILENO, STDOUT_FILENO);
    spawn.put(STDIN_FILENO, STDERR_FILENO);
    process_ = spawn.run(words.front(), words, environment_of_command(), "run " + words.front());
    process_fd_.reset(static_cast<int>(::syscall(SYS_pidfd_open, process_, 0)));
    if (!process_fd_) fail("watch the command");
}

std::span<const std::uint8_t> Command::read(std::span<std::uint8_t> into) const {
    std::size_t taken = 0;
    // The kernel gives no more than a page at once.
    while (taken < into.size()) {
        const ssize_t got = ::read(terminal_.get(), into.data() + taken, into.size() - taken);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        taken += static_cast<std::size_t>(got);
    }
    return into.first(taken);
}

std::optional<int> Command::exit_code() {
    int status = 0;
    if (!exit_code_ && ::waitpid(process_, &status, WNOHANG) == process_) {
        constexpr int by_signal = 128;
        exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : by_signal + WTERMSIG(status);
    }
    return exit_code_;
}

void Command::resize(const TextSize& size) {
    winsize wanted{};
    wanted.ws_col = static_cast<unsigned short>(size.columns);
    wanted.ws_row = static_cast<unsigned short>(size.rows);
    if (::ioctl(terminal_.get(), TIOCSWINSZ, &wanted) != 0) fail("give the pty its size");
}

void Command::write(std::string_view replies) {
    // A command that does not read what it asked for has no room for it, and no use either.
    while (!replies.empty()) {
        const ssize_t written = ::write(terminal_.get(), replies.data(), replies.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return;
        replies.remove_prefix(static_cast<std::size_t>(written));
    }
}

void Command::redraw() {
    const pid_t group = ::tcgetpgrp(terminal_.get());
    if (group > 1) ::kill(-group, SIGWINCH);
}

}  // namespace console
