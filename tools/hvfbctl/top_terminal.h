#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "top_layout.h"

namespace hvfbctl {

// The whole terminal, for as long as this lives: afterwards it is as it was before. Ctrl-Z gives it back for
// as long as the program is stopped. One at a time.
class TopTerminal {
  public:
    enum class Event { none, changed, quit };

    // Null: standard output is no terminal, or one of which nothing is known ($TERM).
    static std::unique_ptr<TopTerminal> open(bool coloured);
    TopTerminal(const TopTerminal&) = delete;
    TopTerminal& operator=(const TopTerminal&) = delete;
    virtual ~TopTerminal() = default;

    virtual std::size_t width() const = 0;
    virtual std::size_t height() const = 0;
    virtual void show(const std::vector<TopLine>& lines) = 0;
    // Until then, or a key or signal that says something. `changed`: it must be drawn anew.
    virtual Event wait(std::chrono::steady_clock::time_point until) = 0;

  protected:
    TopTerminal() = default;
};

// Has SIGINT and SIGTERM end a wait. For the life of the process.
void end_at_signals();
bool was_ended();
// Waits until then, or until such a signal.
void wait_for_signals(std::chrono::steady_clock::time_point until);

}  // namespace hvfbctl
