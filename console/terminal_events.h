#pragma once

#include "common/descriptor.h"

namespace console {

// Which terminal is in the foreground, and which there are: what the kernel says when that changes.
class TerminalEvents {
  public:
    // Throws std::system_error that names the file.
    TerminalEvents();

    // Readable with POLLPRI when another terminal is in the foreground.
    int switch_fd() const { return active_.get(); }
    // To be called then.
    void take_switch() const;
    // Readable with POLLIN when there may be a new terminal.
    int creation_fd() const { return folder_.get(); }
    // Whether there is.
    bool take_creation() const;

  private:
    hvfbd::Descriptor active_, folder_;
};

}  // namespace console
