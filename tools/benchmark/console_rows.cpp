#include "console_rows.h"

#include <fcntl.h>
#include <linux/vt.h>
#include <spawn.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "common/descriptor.h"
#include "latency.h"
#include "match.h"
#include "processor_time.h"
#include "rest.h"

namespace hvfbd::bench {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t size_of_cat = 15'300'000;
constexpr int rounds = 5;
constexpr std::uint64_t settle_us = 1000;

// The machine's foreground terminal, with the size that it had and nothing on it afterwards.
class Terminal {
  public:
    Terminal() : file_(::open("/dev/tty0", O_RDWR | O_NOCTTY | O_CLOEXEC)) {
        if (!file_) return;
        // One bench after the other: what the other writes would be measured.
        while (::flock(file_.get(), LOCK_EX) != 0 && errno == EINTR) continue;
        before_ = size();
        write("\033c");
    }
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;
    ~Terminal() {
        if (!file_) return;
        ::tcflush(file_.get(), TCIFLUSH);
        resize(before_);
        [[maybe_unused]] const auto written = ::write(file_.get(), "\033c", 2);
    }

    bool is_there() const { return bool(file_); }
    winsize size() const {
        winsize size{};
        ::ioctl(file_.get(), TIOCGWINSZ, &size);
        return size;
    }
    // What is on it, with colours and the cursor.
    static std::string contents() {
        std::ifstream file("/dev/vcsa", std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    void resize(const winsize& size) const {
        vt_sizes sizes{size.ws_row, size.ws_col, 0};
        ::ioctl(file_.get(), VT_RESIZE, &sizes);
    }
    void write(const std::string& text) const {
        constexpr std::size_t most = 131072;  // as cat does
        for (std::size_t at = 0; at < text.size();) {
            const ssize_t written = ::write(file_.get(), text.data() + at, std::min(text.size() - at, most));
            if (written < 0 && errno != EINTR)
                throw std::system_error(errno, std::generic_category(), "write to /dev/tty0");
            at += static_cast<std::size_t>(std::max<ssize_t>(written, 0));
        }
    }
    // What a key does from the line discipline on. False: the kernel has it not (TIOCSTI), or nobody would
    // see it, as the terminal does not echo.
    bool type(char key) const {
        termios mode{};
        return ::tcgetattr(file_.get(), &mode) == 0 && (mode.c_lflag & ECHO) != 0 &&
               ::ioctl(file_.get(), TIOCSTI, &key) == 0;
    }

  private:
    Descriptor file_;
    winsize before_{};
};

// hvfb-console, ended with its owner.
class ConsoleProgram {
  public:
    ConsoleProgram(const std::string& program, const hvfb_open_options& options, Viewer& viewer) {
        std::vector<std::string> words = {program, std::string("--bus=") + options.bus};
        std::vector<char*> arguments;
        arguments.reserve(words.size() + 1);
        for (std::string& word : words) arguments.push_back(word.data());
        arguments.push_back(nullptr);
        if (const int error = posix_spawn(&pid_, arguments[0], nullptr, nullptr, arguments.data(), environ);
            error != 0)
            throw std::system_error(error, std::generic_category(), program);
        try {
            if (!viewer.wait(10'000'000))
                throw std::runtime_error("hvfb-console shows nothing within ten seconds");
        } catch (...) {
            stop();
            throw;
        }
        while (viewer.wait(500'000)) continue;
    }
    ConsoleProgram(const ConsoleProgram&) = delete;
    ConsoleProgram& operator=(const ConsoleProgram&) = delete;
    ~ConsoleProgram() { stop(); }

    pid_t pid() const { return pid_; }

  private:
    void stop() const {
        kill(pid_, SIGTERM);
        waitpid(pid_, nullptr, 0);
    }

    pid_t pid_ = -1;
};

// Lines of words, of which no two screens are alike.
std::string text_of(std::size_t size) {
    std::mt19937 random(1);
    std::string text;
    text.reserve(size + 100);
    while (text.size() < size) {
        for (auto words = 3 + random() % 12; words > 0; --words) {
            for (auto letters = 2 + random() % 9; letters > 0; --letters)
                text += static_cast<char>('a' + random() % 26);
            text += ' ';
        }
        text += "\r\n";
    }
    return text;
}

double seconds_of(Nanoseconds time) {
    return static_cast<double>(time) / 1e9;
}

std::vector<Verdict> rest_of(const ConsoleProgram& console, const Tracked& tracked, double seconds) {
    const std::string contents = Terminal::contents();
    AtRest rest = watch_rest({tracked.pid(), console.pid()}, seconds);
    if (Terminal::contents() != contents) rest.during += "; not at rest: somebody wrote to the terminal";
    return {
        {"12a", "console at rest: context switches of console and daemon", rest.switches, 0, "", rest.during},
        {"12b", "console at rest: CPU time of the same", rest.running_ns, 0, "ns", rest.during}};
}

std::vector<Verdict> key(const Terminal& terminal, Tracked& tracked, Viewer& viewer, const winsize& size,
                         int changes) {
    std::mt19937 random(3);
    std::vector<double> told, pixels_told;
    bool typed = true;
    terminal.write("\033c");
    while (viewer.wait(500'000)) continue;
    for (int i = 0; i < changes; ++i) {
        const auto before = tracked.statistics().at("pixels_told");
        // At rest again, and not in step with anything.
        std::this_thread::sleep_for(300ms + std::chrono::milliseconds(random() % 50));
        const auto letter = static_cast<char>('a' + i % 26);
        const Nanoseconds began = monotonic_now();
        if (!terminal.type(letter)) {
            typed = false;
            terminal.write(std::string(1, letter));
        }
        if (!viewer.wait(2'000'000)) throw std::runtime_error("a character was not shown within two seconds");
        told.push_back(seconds_of(monotonic_now() - began) * 1e3);
        while (viewer.wait(50'000)) continue;
        pixels_told.push_back(static_cast<double>(tracked.statistics().at("pixels_told") - before));
    }
    const int width = tracked.canvas().width / size.ws_col, height = tracked.canvas().height / size.ws_row;
    const double pixels = quantile(pixels_told, 0.5);
    return {{"12c",
             typed ? "console: key (TIOCSTI) until its character is told"
                   : "console: character written to the terminal until it is told",
             quantile(told, 0.5), settle_us / 1e3 + 2, "ms",
             "median of " + std::to_string(changes) + "; longest " + figure(quantile(told, 1)) +
                 " ms; SettleDelay 1 ms"},
            {"12d", "console: cells told of one character", pixels / (width * height), 2, "",
             figure(pixels) + " pixels, median; cells of " + std::to_string(width) + "x" +
                 std::to_string(height)}};
}

}  // namespace

std::vector<Verdict> console(const std::string& program, Tracked& tracked, int changes, double rest_seconds) {
    const Terminal terminal;
    if (!terminal.is_there()) {
        std::cerr << "bench: no row 12: open /dev/tty0: " << std::strerror(errno) << '\n';
        return {};
    }
    tracked.close_surface();
    tracked.set("SettleDelayUSec", settle_us);
    tracked.limit(20);
    Viewer viewer(tracked);
    while (viewer.wait(500'000)) continue;
    std::vector<Verdict> verdicts;
    winsize size{};
    {
        const ConsoleProgram console(program, tracked.open_options(), viewer);
        size = terminal.size();
        verdicts = rest_of(console, tracked, rest_seconds);
        for (const Verdict& verdict : key(terminal, tracked, viewer, size, changes))
            verdicts.push_back(verdict);
    }
    // The console gave the terminals their size back.
    terminal.resize(size);
    const std::string text = text_of(size_of_cat);
    const auto cat = [&] {
        const Nanoseconds began = monotonic_now();
        terminal.write(text);
        return seconds_of(monotonic_now() - began);
    };
    std::vector<double> alone, shown, console_time, daemon_time;
    for (int round = 0; round < rounds; ++round) {
        alone.push_back(cat());
        const ConsoleProgram console(program, tracked.open_options(), viewer);
        const Nanoseconds console_before = processor_time_of(console.pid()),
                          daemon_before = processor_time_of(tracked.pid());
        shown.push_back(cat());
        console_time.push_back(seconds_of(processor_time_of(console.pid()) - console_before) / shown.back());
        daemon_time.push_back(seconds_of(processor_time_of(tracked.pid()) - daemon_before) / shown.back());
    }
    const double with = quantile(shown, 0.5), without = quantile(alone, 0.5),
                 of_console = 100 * quantile(console_time, 0.5), of_daemon = 100 * quantile(daemon_time, 0.5);
    verdicts.push_back({"12e", "console: cat of 15 MB / the same with nobody drawing", with / without, 1.1,
                        "",
                        figure(with) + " / " + figure(without) + " s, medians of " + std::to_string(rounds)});
    verdicts.push_back({"12f", "console: CPU meanwhile, console and daemon", of_console + of_daemon, 3, "%",
                        figure(of_console) + " + " + figure(of_daemon) + " % with RefreshLimit 20"});
    return verdicts;
}

}  // namespace hvfbd::bench
