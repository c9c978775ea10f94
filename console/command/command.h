#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/descriptor.h"
#include "console/command/parts.h"

namespace console {

// A command on a pty of its own, which is its controlling terminal.
class Command final : public CommandLink {
  public:
    // `is_typed_to`: what is typed is shown, as terminals do. Throws std::system_error: there is no pty.
    explicit Command(bool is_typed_to);
    // The command and what it started in its process group are ended: by SIGHUP, as when a terminal is
    // closed, and after two seconds by SIGKILL.
    ~Command() override;

    // Throws std::system_error with the code of exec(2): it cannot be started. `words`: one at least.
    void start(const std::vector<std::string>& words);

    // Readable with POLLIN when there is output. Never hung up.
    int output_fd() const { return terminal_.get(); }
    // What it has written, as much as there is and fits.
    std::span<const std::uint8_t> read(std::span<std::uint8_t> into) const;
    // Readable with POLLIN when the command has ended.
    int end_fd() const { return process_fd_.get(); }
    // Nothing: it runs. Otherwise its exit code; 128 and the signal that ended it.
    std::optional<int> exit_code();

    void resize(const TextSize& size) override;
    void write(std::string_view replies) override;
    void redraw() override;

  private:
    hvfbd::Descriptor terminal_, programs_end_, process_fd_;
    std::string name_;
    pid_t process_ = -1;
    std::optional<int> exit_code_;
};

}  // namespace console
