#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/descriptor.h"
#include "console/command/parts.h"

namespace console {

// Starts the terminal's process, and is its other end.
class TerminalLauncher final : public TerminalLink {
  public:
    // A program file that does what run_terminal_process() does when it has this name: this one.
    explicit TerminalLauncher(std::string program = "/proc/self/exe") : program_(std::move(program)) {}
    ~TerminalLauncher() override { stop(); }

    void start() override;
    void ask(const Request& request) override;
    void stop() override;

    // Without a process: negative.
    int fd() const { return socket_.get(); }
    // POLLIN, and POLLOUT while a request has not gone out.
    short events() const;
    // To be called when one of them has happened: sends what is left, and returns what came. Empty: nothing
    // did. Nothing: the process has ended; why_it_ended() says the reason.
    std::optional<std::vector<std::uint8_t>> take();
    // In words that follow "the terminal". Waits for the end of the process, which take() has seen. Throws
    // std::runtime_error: there cannot be one here.
    std::string why_it_ended();

  private:
    bool send_rest();
    int end_process();

    std::string program_;
    hvfbd::Descriptor socket_;
    pid_t process_ = -1;
    std::vector<std::uint8_t> rest_;  // of a request
};

}  // namespace console
