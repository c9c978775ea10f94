#include "top_terminal.h"

#include <curses.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>

namespace hvfbctl {

namespace {

using Clock = std::chrono::steady_clock;

volatile std::sig_atomic_t ended = 0, suspended = 0, continued = 0;

void on_signal(int number, void (*handler)(int)) {
    struct sigaction action = {};
    action.sa_handler = handler;
    sigaction(number, &action, nullptr);
}

int milliseconds_until(Clock::time_point until) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, 3'600'000));
}

class Screen final : public TopTerminal {
  public:
    Screen(SCREEN* screen, bool coloured) : screen_(screen), reads_(isatty(STDIN_FILENO) != 0) {
        cbreak();
        noecho();
        curs_set(0);
        nodelay(stdscr, TRUE);
        keypad(stdscr, TRUE);
        if (coloured && has_colors() && start_color() == OK) {
            use_default_colors();
            init_pair(1, COLOR_YELLOW, -1);
            coloured_ = true;
        }
        // Not those of ncurses, which draw in the middle of anything.
        on_signal(SIGTSTP, [](int) { suspended = 1; });
        on_signal(SIGCONT, [](int) { continued = 1; });
    }
    Screen(const Screen&) = delete;
    Screen& operator=(const Screen&) = delete;
    ~Screen() override {
        endwin();
        delscreen(screen_);
    }

    std::size_t width() const override { return static_cast<std::size_t>(std::max(0, getmaxx(stdscr))); }
    std::size_t height() const override { return static_cast<std::size_t>(std::max(0, getmaxy(stdscr))); }

    void show(const std::vector<TopLine>& lines) override {
        erase();
        for (int row = 0; const TopLine& line : lines) {
            const attr_t attributes = attributes_of(line.colour);
            attron(attributes);
            mvaddstr(row++, 0, line.text.c_str());
            attroff(attributes);
        }
        refresh();
    }

    Event wait(Clock::time_point until) override {
        for (;;) {
            if (ended != 0) return Event::quit;
            if (suspended != 0) suspend();
            if (continued != 0) return redraw();
            switch (getch()) {
                case 'q':
                case 'Q':
                    return Event::quit;
                case KEY_RESIZE:
                    // Terminals keep different parts of what a smaller window has no room for.
                    clearok(curscr, TRUE);
                    return Event::changed;
                case '\f':
                    return redraw();
                case ERR:
                    break;
                default:
                    continue;
            }
            const int left = milliseconds_until(until);
            if (left == 0) return Event::none;
            pollfd input{reads_ ? STDIN_FILENO : -1, POLLIN, 0};
            if (poll(&input, 1, left) > 0 && (input.revents & POLLIN) == 0) return Event::quit;  // it hung up
        }
    }

  private:
    attr_t attributes_of(Colour colour) const {
        if (colour == Colour::bold) return A_BOLD;
        if (colour == Colour::yellow) return coloured_ ? A_BOLD | COLOR_PAIR(1) : A_BOLD;
        return A_NORMAL;
    }

    // Gives the terminal to the shell, until it continues this program.
    static void suspend() {
        suspended = 0;
        endwin();
        on_signal(SIGTSTP, SIG_DFL);
        raise(SIGTSTP);
        on_signal(SIGTSTP, [](int) { suspended = 1; });
        continued = 1;
    }

    // Everything: somebody else may have drawn on it.
    static Event redraw() {
        continued = 0;
        reset_prog_mode();
        clearok(curscr, TRUE);
        refresh();
        return Event::changed;
    }

    SCREEN* screen_;
    bool reads_, coloured_ = false;
};

}  // namespace

std::unique_ptr<TopTerminal> TopTerminal::open(bool coloured) {
    if (isatty(STDOUT_FILENO) == 0) return nullptr;
    SCREEN* const screen = newterm(nullptr, stdout, stdin);
    if (screen == nullptr) return nullptr;
    set_term(screen);
    return std::make_unique<Screen>(screen, coloured);
}

void end_at_signals() {
    on_signal(SIGINT, [](int) { ended = 1; });
    on_signal(SIGTERM, [](int) { ended = 1; });
}

bool was_ended() {
    return ended != 0;
}

void wait_for_signals(Clock::time_point until) {
    for (int left = milliseconds_until(until); left > 0 && ended == 0; left = milliseconds_until(until))
        poll(nullptr, 0, left);
}

}  // namespace hvfbctl
