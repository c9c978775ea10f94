#include "console/console.h"

#include <algorithm>
#include <chrono>
#include <system_error>
#include <utility>
#include <vector>

namespace console {

namespace {

// For systemd-logind, which is told of a switch when this is, to see that nobody has the terminal open.
constexpr auto time_of_logind = std::chrono::milliseconds(300);

}  // namespace

Console::Console(Terminals& terminals, Screen& screen, Fonts fonts, const Appearance& appearance, Log log)
    : terminals_(terminals),
      screen_(screen),
      fonts_(std::move(fonts)),
      appearance_(appearance),
      log_(std::move(log)),
      scroll_(appearance.scrollback) {
    start_painting();
}

// Where somebody has given them another size meanwhile it stays.
Console::~Console() {
    if (lost_ || !size_before_ || size_before_ == size_given_) return;
    try {
        const TerminalState now = terminals_.state();
        if (size_given_ == TextSize{now.columns, now.rows}) terminals_.resize(*size_before_);
    } catch (const std::exception& error) {
        complain(error.what());
    }
}

// Once for each kind of trouble, not once for each frame.
void Console::complain(const std::string& sentence) {
    if (std::exchange(last_complaint_, sentence) != sentence) log_(sentence);
}

void Console::start_painting() {
    geometry_ = Geometry(screen_.canvas().size, fonts_.cell, appearance_.scale, appearance_.rotation);
    painter_.emplace(fonts_, geometry_, appearance_.cursor);
    size_due_ = true;
    pacing_.set_stale();
}

void Console::on_terminal_switched() {
    // Whoever switches terminals is at the screen: it is not blanked, whatever the kernel has reported.
    on_blanked(false);  // stale as well
    switched_ = true;
    font_map_is_old_ = true;
}

void Console::on_new_terminal() {
    // To give the size opens the foreground terminal, which may be the new one before its switch is told.
    size_due_ = switched_ = true;
    font_map_is_old_ = true;
    pacing_.set_stale();
}

void Console::on_blanked(bool blanked) {
    pacing_.set_blanked(blanked);
    blank_due_ = blanked;
}

ScrollPosition Console::on_scroll(const ScrollRequest& request) {
    const ScrollPosition position = scroll_.scroll(request);
    pacing_.set_stale();
    return position;
}

void Console::on_screen() {
    const Screen::Events events = screen_.dispatch();
    if (events.frame_answered || events.lost) pacing_.frame_answered();
    if (events.lost) lost_ = true;
    if (events.back) {
        // The kernel's console may have had the screen meanwhile, and given the terminals another size.
        lost_ = false;
        size_due_ = true;
        painter_->forget();
        pacing_.set_stale();
    }
    mode_pending_ = mode_pending_ || events.mode_changed;
    closed_ = closed_ || events.closed;
    if (!events.trouble.empty()) complain(events.trouble);
}

void Console::give_size() {
    const TextSize size{geometry_.columns(), geometry_.rows()};
    std::optional<TerminalState> before;
    // A login that hangs the terminal up, for one, refuses it for a moment: the size stays due.
    if (!attempt([&] { before = terminals_.state(); })) return;
    size_due_ = false;
    // Where it fails they keep their size; what of it fits is shown.
    attempt([&] {
        if (!size_before_ && before->columns != 0) size_before_ = TextSize{before->columns, before->rows};
        terminals_.resize(size);
        // Until the kernel says otherwise: it may refuse to be asked.
        const std::optional<TextSize> given_before = std::exchange(size_given_, size);
        // Older kernels say that they have done what their driver refused.
        const TerminalState after = terminals_.state();
        const TextSize kept{after.columns, after.rows};
        if (after.columns == 0 || kept == size) return;
        size_given_ = given_before;
        complain("give the terminals " + words_of(size) + " (VT_RESIZE): they keep " + words_of(kept) +
                 "; a larger font or \"--scale=2\" needs fewer");
    });
}

std::optional<Time> Console::wake_at(Time now) const {
    std::optional<Time> earliest;
    for (const std::optional<Time>& at : {pacing_.wake_at(now), open_at_, scroll_pace_.at()})
        if (at) earliest = std::min(*at, earliest.value_or(*at));
    return earliest;
}

void Console::update(Time now) {
    if (mode_pending_ && screen_.take_mode()) {
        mode_pending_ = false;
        start_painting();
    }
    pacing_.set_shown(screen_.is_shown());
    if (std::exchange(switched_, false)) {
        open_at_.reset();
        if (!terminals_.is_in_use()) {
            open_at_ = now + time_of_logind;
            // That of another terminal: until it is known this one is text.
            state_.graphics = false;
        }
    }
    if (open_at_ && now >= *open_at_) {
        open_at_.reset();
        pacing_.set_stale();
    }
    // One that was refused is given after the pause, and does not begin another one before.
    const bool gives_size = size_due_ && !lost_ && !open_at_ && !pacing_.pauses(now);
    if (gives_size) give_size();
    if (std::exchange(blank_due_, false)) show(Grid{}, now);
    const bool changed = std::exchange(changed_, false) && pacing_.listens(now);
    if (!pacing_.may_read_between()) scroll_pace_.stop();
    // What is read for the scrollback is shown where it may be: whoever has read it waits for its change no
    // more, and nothing else would wake the program for it.
    const bool due = scroll_pace_.is_due(now);
    if (changed || pacing_.reads_now(now) || (due && pacing_.listens(now)))
        read(now);
    else if (due)
        read_for_scrollback(now);
    // After the text, which is shown all the same.
    if (gives_size && size_due_) pacing_.read_failed(now);
}

void Console::listen_failed(const std::string& sentence, Time now) {
    complain(sentence);
    pacing_.read_failed(now);
}

// False: it failed, which was said.
bool Console::attempt(const std::function<void()>& step) {
    try {
        step();
        return true;
    } catch (const std::system_error& error) {
        complain(error.what());
        return false;
    }
}

// Whoever uses a terminal can refuse that others open it (TIOCEXCL), and a login hangs it up: no failure of
// one step ends the program. What cannot be asked is as it was, and is asked again.
void Console::read(Time now) {
    if (!attempt([this] { terminals_.read(contents_); })) return pacing_.read_failed(now);
    // After the text: a size that is changed in between changes the text as well, which is read again then.
    bool all_known = open_at_ || attempt([this] { state_ = terminals_.state(); });
    if (font_map_is_old_ && needs_font(contents_) && !state_.graphics && !open_at_) {
        font_map_is_old_ = !attempt([this] { font_map_ = terminals_.font_map(); });
        // With code points the text is right without it: nothing waits for it.
        all_known = all_known && !(font_map_is_old_ && contents_.codes.empty());
    }
    Grid grid = decode(contents_, state_, font_map_, appearance_.blink);
    // A program draws there by itself, and its surface is on top: the text stays as it is.
    if (state_.graphics || grid.cells.empty())
        pacing_.nothing_changed(now);
    else
        show(scrolled(std::move(grid), now), now);
    if (!all_known) pacing_.read_failed(now);
}

void Console::see(const Grid& grid, Time now) {
    Scrollback::Seen seen{0, true};
    if (contents_.torn)
        scroll_.see_torn();
    else
        seen = scroll_.see(contents_.terminal, grid);
    if (appearance_.scrollback > 0) scroll_pace_.was_read(seen.added, grid.rows, seen.lost, now);
}

void Console::read_for_scrollback(Time now) {
    scroll_pace_.stop();
    if (state_.graphics) return;
    // What fails is said when it is read to be shown.
    try {
        terminals_.read(contents_);
    } catch (const std::system_error&) {
        return;
    }
    see(decode(contents_, state_, font_map_, appearance_.blink), now);
    // It was read, and need not be readable any more for what it holds now.
    pacing_.set_stale();
}

// What is shown of it.
Grid Console::scrolled(Grid grid, Time now) {
    see(grid, now);
    if (scroll_.is_back()) return scroll_.view(grid, state_.palette);
    return grid;
}

void Console::show(Grid grid, Time now) {
    const std::vector<hvfb_rect> drawn =
        painter_->paint(std::move(grid), screen_.canvas(), [this] { screen_.begin(); });
    if (!drawn.empty() && screen_.end(drawn))
        pacing_.frame_sent(now, painter_->scrolled_past());
    else
        pacing_.nothing_changed(now);
}

}  // namespace console
