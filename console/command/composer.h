#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace console {

// Makes one character of a letter and the combining mark behind it, where there is such a character: libtsm
// leaves marks out. Only in text: within escape sequences nothing changes. A mark that comes in the next
// piece of output is not joined: what was written is shown at once.
class Composer {
  public:
    // The output with what could be composed; valid until the next call.
    std::span<const std::uint8_t> compose(std::span<const std::uint8_t> output);

  private:
    enum class State { text, escape, control_sequence, string };
    struct Letter {
        std::size_t at = 0;  // in composed_
        char32_t code = 0;   // 0: none
    };

    // One byte of an escape sequence.
    void follow(std::uint8_t byte);
    // A whole character of text; `bytes` are those that it came in.
    void add(char32_t code, std::span<const std::uint8_t> bytes);

    State state_ = State::text;
    Letter last_;
    std::vector<std::uint8_t> composed_;
};

}  // namespace console
