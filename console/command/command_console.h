#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "console/command/parts.h"
#include "console/console.h"
#include "console/pacing.h"
#include "console/painter.h"
#include "console/screen.h"

namespace console {

// Shows what a command writes to its terminal. What happens is told to it; update() then does what is due.
//
// The terminal has one request at a time, and the command's output is read only when it has answered. So a
// command that writes without end is held up, as by any terminal, and never by the screen: while nobody sees
// it, or until a frame is presented, the terminal takes the output and is not asked what it shows.
class CommandConsole {
  public:
    using Log = std::function<void(const std::string& sentence)>;

    // Starts the terminal. Throws std::system_error.
    CommandConsole(Screen& screen, TerminalLink& terminal, CommandLink& command, Fonts fonts,
                   const Appearance& appearance, Log log);
    CommandConsole(const CommandConsole&) = delete;
    CommandConsole& operator=(const CommandConsole&) = delete;
    ~CommandConsole() = default;

    void on_screen();
    // Whether output is taken; at most most_output bytes then.
    bool takes_output() const { return !asked_at_ && output_.empty() && gone_.empty(); }
    void on_output(std::span<const std::uint8_t> output);
    // Whether keys are taken that somebody types. They wait for the terminal as the output does.
    bool takes_keys() const { return keys_.size() < most_keys_waiting; }
    void on_keys(std::span<const TypedKey> keys);
    // What came from the terminal's process.
    void on_answer(std::span<const std::uint8_t> bytes, Time now);
    // It has ended, or cannot be reached: why, in words that follow "the terminal".
    void on_terminal_gone(const std::string& why);

    // To be called when all that has happened was told. Throws std::runtime_error: the terminal fails again
    // and again, or cannot be started.
    void update(Time now);

    // After update(): when to call it at the latest.
    std::optional<Time> wake_at(Time now) const;
    // Somebody has closed the surface: it is over.
    bool is_closed() const { return closed_; }
    const TextSize& size() const { return size_; }

  private:
    static constexpr std::size_t most_keys_waiting = 256;

    void start_painting();
    void start_terminal_again(Time now);
    void ask(Time now);
    void show(Time now);

    Screen& screen_;
    TerminalLink& terminal_;
    CommandLink& command_;
    Fonts fonts_;
    Appearance appearance_;
    Log log_;
    Pacing pacing_;
    std::optional<Painter> painter_;
    TextSize size_;
    std::vector<std::uint8_t> output_;
    std::vector<TypedKey> keys_;
    std::optional<Time> asked_at_;  // an answer is to come
    AnswerReader answer_;
    bool answer_has_screen_ = false;
    Grid grid_;
    std::string gone_;  // why; empty: the terminal is there
    std::deque<Time> failures_;
    bool mode_pending_ = false, closed_ = false;
};

}  // namespace console
