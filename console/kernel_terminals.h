#pragma once

#include <sys/types.h>

#include <optional>

#include "common/descriptor.h"
#include "console/terminals.h"

namespace console {

// The kernel's virtual terminals, by /dev/vcsa, /dev/vcsu and /dev/tty0, which are those of the foreground
// one.
class KernelTerminals final : public Terminals {
  public:
    // Throws std::runtime_error: this kernel has no virtual terminals, or the right to read them is missing;
    // the sentence names the command that gives it.
    KernelTerminals();

    // Readable with POLLPRI when the foreground terminal has changed, or is another one, since the last
    // read(), and once after each stop_waiting(). Throws std::system_error.
    int changes_fd();
    // Nobody waits for changes. A file that was waited for once costs whoever writes to a terminal a fourth
    // of its speed, as long as it is open: the kernel calls it for each character.
    void stop_waiting() { changes_.reset(); }

    void read(TerminalContents& contents) override;
    bool is_in_use() override;
    TerminalState state() override;
    FontMap font_map() override;
    void resize(const TextSize& size) override;

    // The kernel keeps code points of a terminal only after they were read once; before that, of what its
    // font does not have nothing is left. Reads those of all terminals. One that cannot be read is left out:
    // it is asked again when it is in the foreground.
    static void keep_code_points();

    // Whose the terminal in the foreground is: root's, unless somebody has logged in there. Nothing: it
    // cannot be found out.
    static std::optional<uid_t> owner();

  private:
    hvfbd::Descriptor cells_, codes_, changes_, active_;
};

}  // namespace console
