#pragma once

#include <functional>
#include <optional>
#include <string>

#include "console/pacing.h"
#include "console/painter.h"
#include "console/screen.h"
#include "console/scroll_pace.h"
#include "console/scroll_view.h"
#include "console/terminals.h"

namespace console {

struct Appearance {
    CursorShape cursor = CursorShape::underline;
    Blink blink = Blink::background;
    Rotation rotation = Rotation::none;
    unsigned scale = 0;       // 0: by the mode
    unsigned scrollback = 0;  // lines that are kept of each terminal
};

// Shows the foreground terminal on a screen. What happens is told to it; update() then does what is due.
class Console {
  public:
    using Log = std::function<void(const std::string& sentence)>;

    Console(Terminals& terminals, Screen& screen, Fonts fonts, const Appearance& appearance, Log log);
    Console(const Console&) = delete;
    Console& operator=(const Console&) = delete;
    // Gives the terminals the size that they had; not while the daemon is away, when the kernel's own console
    // may have them.
    ~Console();

    void on_terminal_changed() { changed_ = true; }
    // Another one is in the foreground.
    void on_terminal_switched();
    // There is a new one, which has a size of its own.
    void on_new_terminal();
    void on_blanked(bool blanked);
    void on_screen();
    // Somebody scrolls; the next update() shows it. While somebody holds what is shown, changes of the
    // terminal do not end it.
    ScrollPosition on_scroll(const ScrollRequest& request);
    void on_held(bool held) { scroll_.hold(held); }

    // To be called when all that has happened was told.
    void update(Time now);

    // After update(): whether changes of the terminal are waited for, and when to call update() at the
    // latest.
    bool listens(Time now) const { return pacing_.listens(now); }
    std::optional<Time> wake_at(Time now) const;
    // Where it does not wait: whether it reads again soon all the same. To stop waiting takes the kernel some
    // milliseconds.
    bool reads_soon() const { return scroll_pace_.at().has_value(); }
    // Changes cannot be waited for now. The terminal is read all the same, 250 ms later, and so on.
    void listen_failed(const std::string& sentence, Time now);
    // Somebody has closed the surface: it is over.
    bool is_closed() const { return closed_; }

  private:
    void start_painting();
    void give_size();
    void read(Time now);
    bool attempt(const std::function<void()>& step);
    void see(const Grid& grid, Time now);
    void read_for_scrollback(Time now);
    Grid scrolled(Grid grid, Time now);
    void show(Grid grid, Time now);
    void complain(const std::string& sentence);

    Terminals& terminals_;
    Screen& screen_;
    Fonts fonts_;
    Appearance appearance_;
    Log log_;
    Pacing pacing_;
    Geometry geometry_;
    std::optional<Painter> painter_;
    TerminalState state_;
    std::optional<Time> open_at_;  // not before: systemd-logind may be about to start a login there
    TerminalContents contents_;
    ScrollView scroll_;
    ScrollPace scroll_pace_;
    FontMap font_map_;
    std::optional<TextSize> size_before_, size_given_;
    bool changed_ = false, switched_ = false, font_map_is_old_ = true, size_due_ = true;
    bool blank_due_ = false, mode_pending_ = false, lost_ = false, closed_ = false;
    std::string last_complaint_;
};

}  // namespace console
