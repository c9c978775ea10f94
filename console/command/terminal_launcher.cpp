#include "console/command/terminal_launcher.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "console/command/spawn.h"
#include "console/command/terminal_process.h"

namespace console {

void TerminalLauncher::start() {
    stop();
    int ends[2] = {-1, -1};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        throw std::system_error(errno, std::system_category(), "make a socket for the terminal");
    hvfbd::Descriptor ours(ends[0]);
    const hvfbd::Descriptor theirs(ends[1]);
    // Theirs waits, ours does not.
    if (::fcntl(ours.get(), F_SETFL, O_NONBLOCK) != 0)
        throw std::system_error(errno, std::system_category(), "make a socket for the terminal");
    Spawn spawn;
    spawn.put(theirs.get(), STDIN_FILENO);
    spawn.open("/dev/null", O_WRONLY, STDOUT_FILENO);
    // It may be led to say anything: nothing but why it cannot begin is of use, and its exit code says that.
    spawn.open("/dev/null", O_WRONLY, STDERR_FILENO);
    // Of the environment, which may hold secrets, what the loader needs.
    std::vector<std::string> environment;
    if (const char* const libraries = ::secure_getenv("LD_LIBRARY_PATH"))
        environment.push_back(std::string("LD_LIBRARY_PATH=") + libraries);
    process_ = spawn.run(program_, {terminal_process_name}, environment, "start the terminal's process");
    socket_ = std::move(ours);
    rest_.clear();
}

void TerminalLauncher::ask(const Request& request) {
    rest_ = encode(request);
    send_rest();
}

short TerminalLauncher::events() const {
    return static_cast<short>(rest_.empty() ? POLLIN : POLLIN | POLLOUT);
}

// False: it has ended.
bool TerminalLauncher::send_rest() {
    while (!rest_.empty()) {
        const ssize_t sent = ::send(socket_.get(), rest_.data(), rest_.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0) return errno == EAGAIN;
        rest_.erase(rest_.begin(), rest_.begin() + sent);
    }
    return true;
}

std::optional<std::vector<std::uint8_t>> TerminalLauncher::take() {
    if (!send_rest()) return std::nullopt;
    constexpr std::size_t at_once = 65536;
    std::vector<std::uint8_t> bytes(at_once);
    const ssize_t got = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return std::vector<std::uint8_t>();
    if (got <= 0) return std::nullopt;
    bytes.resize(static_cast<std::size_t>(got));
    return bytes;
}

// Its status, as waitpid(2) has it; that of before where it has ended already.
int TerminalLauncher::end_process() {
    int status = 0;
    if (process_ < 0) return status;
    ::kill(process_, SIGKILL);
    while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) {
    }
    process_ = -1;
    return status;
}

void TerminalLauncher::stop() {
    socket_.reset();
    end_process();
}

std::string TerminalLauncher::why_it_ended() {
    socket_.reset();
    const int status = end_process();
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
        return "has tried what its sandbox forbids, and was killed";
    if (WIFSIGNALED(status))
        return "was killed by signal " + std::to_string(WTERMSIG(status)) + " (" +
               ::strsignal(WTERMSIG(status)) + ")";
    if (WEXITSTATUS(status) == exit_without_sandbox)
        throw std::runtime_error(
            "the terminal does not start without its sandbox, which needs a kernel with seccomp filters");
    return "has ended with exit code " + std::to_string(WEXITSTATUS(status));
}

}  // namespace console
