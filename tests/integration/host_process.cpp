#include "host_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/error.h"

namespace hvfbd::testing {

HostProcess::HostProcess(std::vector<std::string> options, std::string way)
    : options_(std::move(options)), way_(std::move(way)) {
    // Memory, not a disk: pictures pass through here.
    std::string folder = "/dev/shm/hvfbd-host-XXXXXX";
    if (!::mkdtemp(folder.data())) throw_errno("make a folder for the host");
    folder_ = folder;
    socket_ = folder_ + "/uio";
    control_path_ = folder_ + "/control";
    start();
}

HostProcess::~HostProcess() {
    kill();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

void HostProcess::start() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) < 0) throw_errno("make a pipe");
    Descriptor said(ends[0]), far(ends[1]);
    pid_ = ::fork();
    if (pid_ < 0) throw_errno("fork");
    if (pid_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::dup2(far.get(), STDOUT_FILENO);
        std::vector<std::string> words{HVHOST, "--quiet", way_, socket_, "--control", control_path_};
        words.insert(words.end(), options_.begin(), options_.end());
        std::vector<char*> arguments;
        for (std::string& word : words) arguments.push_back(word.data());
        arguments.push_back(nullptr);
        ::execv(HVHOST, arguments.data());
        ::_exit(127);
    }
    far.reset();
    std::array<char, 64> line{};
    pollfd ready{said.get(), POLLIN, 0};
    if (::poll(&ready, 1, 10000) != 1 || ::read(said.get(), line.data(), line.size()) <= 0 ||
        std::strncmp(line.data(), "ready", 5) != 0)
        throw std::runtime_error("hvhost did not get ready");
    // It says nothing more; with the pipe closed it would get SIGPIPE, which it ignores.
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    control_path_.copy(address.sun_path, sizeof address.sun_path - 1);
    control_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::connect(control_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) < 0)
        throw_errno("connect to hvhost");
}

void HostProcess::kill() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
    control_.reset();
}

std::string HostProcess::say(const std::string& line) {
    std::string sent = line + "\n", answer;
    if (::send(control_.get(), sent.data(), sent.size(), MSG_NOSIGNAL) < 0) throw_errno("speak to hvhost");
    while (answer.empty() || answer.back() != '\n') {
        std::array<char, 1024> bytes{};
        pollfd ready{control_.get(), POLLIN, 0};
        ssize_t got = ::poll(&ready, 1, 10000) == 1 ? ::read(control_.get(), bytes.data(), bytes.size()) : -1;
        if (got <= 0) throw std::runtime_error("hvhost does not answer to " + line);
        answer.append(bytes.data(), static_cast<std::size_t>(got));
    }
    answer.pop_back();
    if (!answer.starts_with("ok")) throw std::runtime_error("hvhost: " + line + ": " + answer);
    return answer.substr(2);
}

std::uint64_t HostProcess::status(const std::string& name) {
    std::istringstream words(say("status"));
    for (std::string word; words >> word;)
        if (word.starts_with(name + "=")) return std::stoull(word.substr(name.size() + 1));
    throw std::runtime_error("hvhost has no " + name);
}

std::string HostProcess::state() {
    std::string line = say("status");
    std::size_t at = line.find("state=") + 6;
    return line.substr(at, line.find(' ', at) - at);
}

std::vector<std::uint32_t> HostProcess::read(const std::string& command) {
    std::string path = folder_ + "/picture";
    say(command + " " + path);
    std::vector<std::uint32_t> pixels(std::filesystem::file_size(path) / 4);
    std::ifstream(path, std::ios::binary)
        .read(reinterpret_cast<char*>(pixels.data()), static_cast<std::streamsize>(pixels.size() * 4));
    return pixels;
}

HostProcess::Picture HostProcess::window() {
    Picture picture{
        static_cast<std::uint32_t>(status("width")), static_cast<std::uint32_t>(status("height")), {}};
    picture.pixels = read("raw");
    return picture;
}

std::vector<std::uint32_t> HostProcess::video_memory() {
    return read("raw-framebuffer");
}

}  // namespace hvfbd::testing
