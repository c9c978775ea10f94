// Anything as the output of a command: whatever it does to the terminal, whose library has known faults, is
// kept inside of the sandbox. A terminal that fails is replaced, as hvfb-console does; an answer that breaks
// the rules, one that does not come, and a terminal that fails on nothing are failures.
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <span>
#include <vector>

#include "common/descriptor.h"
#include "console/command/terminal_process.h"
#include "console/command/wire.h"

namespace {

using namespace console;

// A child of this process, which need not execute a program for that.
class Terminal {
  public:
    Terminal() {
        int ends[2] = {-1, -1};
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) std::abort();
        ours_.reset(ends[0]);
        const hvfbd::Descriptor theirs(ends[1]);
        process_ = ::fork();
        if (process_ != 0) return;
        ::dup2(theirs.get(), STDIN_FILENO);
        for (const int signal : {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGALRM}) ::signal(signal, SIG_DFL);
        run_terminal_process();
    }
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;
    ~Terminal() { end(); }

    // Of one that has ended, or is ended by this.
    int end() {
        int status = 0;
        if (process_ <= 0) return status;
        ::kill(process_, SIGKILL);
        ::waitpid(process_, &status, 0);
        process_ = -1;
        return status;
    }

    // False: the terminal has ended.
    bool ask(const Request& request, Grid& grid) {
        reader_.expect(request);
        const std::vector<std::uint8_t> bytes = encode(request);
        if (::send(ours_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) != ssize_t(bytes.size()))
            return false;
        std::vector<std::uint8_t> piece(65536);
        for (;;) {
            constexpr int patience_ms = 8000;
            pollfd answered{ours_.get(), POLLIN, 0};
            if (::poll(&answered, 1, patience_ms) == 0) __builtin_trap();
            const ssize_t got = ::recv(ours_.get(), piece.data(), piece.size(), 0);
            if (got <= 0) return false;
            if (reader_.take(std::span(piece).first(static_cast<std::size_t>(got)))) break;
        }
        reader_.apply(grid);
        return true;
    }

  private:
    hvfbd::Descriptor ours_;
    pid_t process_ = -1;
    AnswerReader reader_;
};

}  // namespace

// The first byte says how large the terminal is, which is at least as large as hvfb-console makes one; it
// changes in the middle.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1) return 0;
    static auto terminal = std::make_unique<Terminal>();
    static Grid grid;
    const TextSize first{fewest_columns + data[0] % 16U * 8U, 2U + data[0] / 16U * 3U},
        second{first.rows, first.columns};
    const std::span<const std::uint8_t> output{data + 1, std::min<std::size_t>(size - 1, most_output)};
    const std::size_t half = output.size() / 2;
    if (terminal->ask({first, true, Blink::background, output.first(half)}, grid) &&
        terminal->ask({second, true, Blink::ignore, output.subspan(half)}, grid))
        return 0;
    const int status = terminal->end();
    if (WIFEXITED(status) && WEXITSTATUS(status) == exit_without_sandbox) {
        std::fputs("there are no sandboxes here, as in an emulator of another processor\n", stderr);
        std::exit(0);
    }
    std::fputs("a terminal has failed\n", stderr);
    terminal = std::make_unique<Terminal>();
    grid = Grid();
    if (!terminal->ask({first, true, Blink::background, {}}, grid)) __builtin_trap();
    return 0;
}
