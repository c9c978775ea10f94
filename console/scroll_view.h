#pragma once

#include <cstddef>
#include <list>
#include <optional>
#include <string_view>

#include "console/grid.h"
#include "console/palette.h"
#include "console/scrollback.h"
#include "console/terminal_contents.h"

namespace console {

// How far somebody has scrolled back, in lines, and how many lines are kept.
struct ScrollPosition {
    std::size_t back = 0, kept = 0;

    bool operator==(const ScrollPosition&) const = default;
};

struct ScrollRequest {
    // top: to the oldest line. end: to what the terminal holds now. where: nowhere, to be told the position.
    // forget: no line of any terminal is kept.
    enum What { up, down, top, end, where, forget };
    What what = where;
    unsigned lines = 0;  // up and down; 0: half a screen
};
// Such as "up", "down 10". Nothing: it is none.
std::optional<ScrollRequest> scroll_request_in(std::string_view text);

// What scrolled off each terminal, and how far back the foreground one is shown.
//
// When its text or its cursor changes it is shown as it is now, as other terminals do after a key. While it
// is held, what is shown stays where it is.
class ScrollView {
  public:
    explicit ScrollView(unsigned most_lines) : most_lines_(most_lines) {}

    // The foreground terminal was read. What was kept before somebody logged in or out is forgotten.
    // Returns what the terminal's Scrollback does.
    Scrollback::Seen see(const TerminalId& terminal, const Grid& grid);
    // It was read, but not as a whole: it is being written to.
    void see_torn();
    bool is_back() const { return back_ > 0; }
    // What is shown, of what the terminal holds now, with a mark in the upper right corner that says how far
    // back it is, in colours of `palette`.
    Grid view(const Grid& now, const Palette& palette) const;

    ScrollPosition scroll(const ScrollRequest& request);
    void hold(bool held) { held_ = held; }

  private:
    struct Kept {
        TerminalId terminal;
        Scrollback lines;
    };

    void bring_to_front(const TerminalId& terminal);

    unsigned most_lines_;
    std::list<Kept> kept_;  // that of the foreground first
    std::size_t back_ = 0;
    bool held_ = false;
};

}  // namespace console
