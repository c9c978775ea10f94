#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "console/grid.h"
#include "console/terminal_contents.h"

namespace console {

// What hvfb-console and its terminal process say to each other, one request and one answer at a time, over a
// stream socket. Both are the same program file, so that numbers are as this machine has them.

// The largest text screen: what is larger has background behind it. It bounds the memory of both.
inline constexpr TextSize largest_text{1024, 512};
// libtsm 4.0.2 fails where a character of two cells is inserted into a line of one (ESC [ 4 h).
inline constexpr unsigned fewest_columns = 2;
// How many bytes of the command's a request has at most: of those that clear the largest screen as often as
// there is room for, the answer comes within seconds.
inline constexpr std::size_t most_output = 8192;
// How many bytes for the command an answer has at most.
inline constexpr std::size_t most_replies = 4096;

// How many keys a request has at most: what they become is much shorter than most_replies.
inline constexpr std::size_t most_keys = 64;

// A key that somebody pressed for the command.
struct TypedKey {
    static constexpr std::uint32_t shift = 1, control = 2, alt = 4;

    std::uint32_t symbol = 0;     // of X11
    std::uint32_t character = 0;  // of Unicode; 0: it has none
    std::uint32_t modifiers = 0;  // that are held

    bool operator==(const TypedKey&) const = default;
};

// What the command wrote and what was typed for it, on a terminal of this size, and what is wanted of the
// terminal.
struct Request {
    TextSize size;
    bool wants_screen = false;
    Blink blink = Blink::background;
    std::span<const std::uint8_t> output;
    std::span<const TypedKey> keys{};
};

// Behind it are so many keys, and then so many bytes of output.
struct RequestHeader {
    std::uint32_t columns = 0, rows = 0, wants_screen = 0, ignores_blinking = 0, keys = 0, length = 0;
};

std::vector<std::uint8_t> encode(const Request& request);
// What the terminal answers to the command, and the rows of `now` that differ from `before`; with another
// size: all. The cursor is that of `now`.
std::vector<std::uint8_t> encode_answer(std::string_view replies, const Grid& now, const Grid& before);
// The same to a request that does not want the screen.
std::vector<std::uint8_t> encode_answer(std::string_view replies);

// The other side has broken the rules: it is not to be trusted with anything more.
class BadAnswer : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

// Reads an answer from a process that may be in somebody else's hands. Holds no more memory than the largest
// answer to the request has.
class AnswerReader {
  public:
    // An answer to this request is to come; what came of another one is forgotten.
    void expect(const Request& request);
    // Whether the answer is complete. Throws BadAnswer: no answer to the request begins like this, or there
    // is more than one.
    bool take(std::span<const std::uint8_t> bytes);

    // Of a complete answer, which has just been taken.
    std::string_view replies() const;
    // Puts the rows and the cursor into a grid that becomes as large as the request said. Characters, colours
    // and positions are those that there are, whatever the answer says. Throws BadAnswer, and the grid is as
    // it was: rows that there are not, or that come twice.
    void apply(Grid& grid) const;

  private:
    std::size_t whole() const;

    TextSize size_;
    bool wants_screen_ = false;
    std::vector<std::uint8_t> bytes_;
};

}  // namespace console
