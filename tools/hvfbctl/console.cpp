#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/error.h"
#include "commands.h"
#include "common/descriptor.h"

namespace hvfbctl {

namespace {

struct Position {
    std::size_t back = 0, kept = 0;
};

// The socket of hvfb-console: console/scroll_control.h.
class ConsoleSocket {
  public:
    explicit ConsoleSocket(const std::string& path)
        : socket_(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        if (path.size() >= sizeof address.sun_path)
            throw UsageError("the name of a socket has at most " +
                             std::to_string(sizeof address.sun_path - 1) + " bytes");
        path.copy(address.sun_path, path.size());
        if (!socket_) hvfbd::throw_errno("make a socket");
        // A console that is stopped answers nobody.
        constexpr timeval longest_answer{5, 0};
        ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &longest_answer, sizeof longest_answer);
        ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &longest_answer, sizeof longest_answer);
        if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
            return;
        if (errno == ENOENT || errno == ECONNREFUSED)
            throw std::runtime_error("hvfb-console does not run, or waits for hvfbd (there is no " + path +
                                     "): sudo systemctl start hvfbd hvfb-console");
        hvfbd::throw_errno("connect to hvfb-console at " + path);
    }

    Position ask(const std::string& request) {
        // Where it has refused and ended the connection already, its word is still there, behind an error.
        (void)!::send(socket_.get(), request.data(), request.size(), MSG_NOSIGNAL);
        std::array<char, 64> bytes{};
        ssize_t length = -1;
        do length = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
        while (length < 0 && (errno == EINTR || errno == ECONNRESET));
        if (length < 0)
            throw std::runtime_error("hvfb-console does not answer: sudo journalctl -u hvfb-console -n 20");
        const std::string answer(bytes.data(), std::size_t(length));
        if (answer == "refused")
            throw std::runtime_error(
                "the text console is scrolled by root and by the user who is logged in on the terminal in "
                "the "
                "foreground: sudo hvfbctl console scroll up");
        std::istringstream words(answer);
        Position position;
        if (std::string ok; words >> ok >> position.back >> position.kept && ok == "ok") return position;
        if (answer.empty())
            throw std::runtime_error("hvfb-console has ended: sudo journalctl -u hvfb-console -n 20");
        throw std::runtime_error("hvfb-console, of another version, does not know \"" + request +
                                 "\": sudo systemctl restart hvfb-console");
    }

    int fd() const { return socket_.get(); }

  private:
    hvfbd::Descriptor socket_;
};

void print(const Position& position) {
    std::cout << position.back << " lines back, of " << position.kept << " that are kept\n";
}

volatile std::sig_atomic_t ended = 0;

// Keys come one by one, and nothing is written by the terminal itself: that would change what is scrolled.
class RawTerminal {
  public:
    RawTerminal() {
        if (::tcgetattr(STDIN_FILENO, &before_) < 0) hvfbd::throw_errno("ask for the terminal's settings");
        termios raw = before_;
        raw.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG | IEXTEN);
        raw.c_cc[VMIN] = 1;
        raw.c_cc[VTIME] = 0;
        if (::tcsetattr(STDIN_FILENO, TCSANOW, &raw) < 0)
            hvfbd::throw_errno("change the terminal's settings");
        struct sigaction action = {};
        action.sa_handler = [](int) { ended = 1; };
        for (const int signal : {SIGTERM, SIGHUP, SIGINT}) ::sigaction(signal, &action, nullptr);
    }
    RawTerminal(const RawTerminal&) = delete;
    RawTerminal& operator=(const RawTerminal&) = delete;
    ~RawTerminal() { ::tcsetattr(STDIN_FILENO, TCSANOW, &before_); }

    // What keys sent. Empty: it is over.
    static std::string_view keys(int socket, std::array<char, 16>& bytes) {
        std::array<pollfd, 2> watched = {pollfd{STDIN_FILENO, POLLIN, 0}, pollfd{socket, POLLIN, 0}};
        if (ended != 0 || ::poll(watched.data(), watched.size(), -1) < 0 || watched[1].revents != 0)
            return {};
        const ssize_t length = ::read(STDIN_FILENO, bytes.data(), bytes.size());
        return {bytes.data(), length < 0 ? 0 : std::size_t(length)};
    }

  private:
    termios before_{};
};

// Takes what the first key has sent off it: a byte, or a sequence. Whoever holds a key sends some at once.
std::string_view take_key(std::string_view& sent) {
    std::size_t length = 1;
    if (sent.starts_with("\033O")) length = 3;
    if (sent.starts_with("\033[")) {
        // Up to a letter or ~.
        const auto* const last = std::find_if(sent.begin() + 2, sent.end(), [](char c) { return c >= '@'; });
        length = std::size_t(last - sent.begin()) + 1;
    }
    const std::string_view key = sent.substr(0, length);
    sent.remove_prefix(key.size());
    return key;
}

// Of the keys of a terminal, and those of less.
std::string request_of(std::string_view key) {
    struct Key {
        std::string_view sent;
        const char* request;
    };
    constexpr std::array keys = {
        Key{"\033[5~", "up"},   Key{"\033[6~", "down"},   Key{"\033[A", "up 1"}, Key{"\033[B", "down 1"},
        Key{"\033[1~", "top"},  Key{"\033[4~", "end"},    Key{"\033[H", "top"},  Key{"\033[F", "end"},
        Key{"\033[5;2~", "up"}, Key{"\033[6;2~", "down"}, Key{"b", "up"},        Key{" ", "down"},
        Key{"k", "up 1"},       Key{"j", "down 1"},       Key{"g", "top"},       Key{"G", "end"},
    };
    for (const Key& one : keys)
        if (key == one.sent) return one.request;
    return {};
}

bool ends(std::string_view key) {
    return key == "q" || key == "\r" || key == "\n" || key == "\033" || key == "\x03" || key == "\x04";
}

// The end of the connection returns to the end.
void scroll_by_keys(ConsoleSocket& console) {
    if (console.ask("where").kept == 0) return print({});
    // Before it is held: it is on the terminal that is scrolled, perhaps.
    std::cout << "PageUp, PageDown, Up, Down, Home, End; q returns to the end" << std::endl;
    const RawTerminal terminal;
    console.ask("hold");
    console.ask("up");
    std::array<char, 16> bytes{};
    for (;;) {
        std::string_view sent = RawTerminal::keys(console.fd(), bytes);
        if (sent.empty()) return;
        while (!sent.empty()) {
            const std::string_view key = take_key(sent);
            if (ends(key)) return;
            if (const std::string request = request_of(key); !request.empty()) console.ask(request);
        }
    }
}

}  // namespace

void scroll_console(const ConsoleOptions& options) {
    if (options.action == "forget") {
        if (!options.where.empty()) throw UsageError("console forget takes nothing behind it");
        ConsoleSocket(options.control).ask("forget");
        return;
    }
    if (options.where.empty()) {
        if (::isatty(STDIN_FILENO) == 0)
            throw UsageError(
                "where there is no terminal for its keys, console scroll takes up, down, top or end");
        ConsoleSocket console(options.control);
        return scroll_by_keys(console);
    }
    const bool takes_lines = options.where == "up" || options.where == "down";
    if (options.lines != 0 && !takes_lines)
        throw UsageError("console scroll " + options.where + " takes no number of lines");
    ConsoleSocket console(options.control);
    print(console.ask(options.where + (options.lines != 0 ? " " + std::to_string(options.lines) : "")));
}

}  // namespace hvfbctl
