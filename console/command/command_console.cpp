#include "console/command/command_console.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <utility>

#include "console/geometry.h"

namespace console {

namespace {

// Of a terminal that has much to do on a machine that has more.
constexpr auto longest_answer = std::chrono::seconds(10);
constexpr auto time_of_failures = std::chrono::seconds(60);
constexpr std::size_t most_failures = 5;

}  // namespace

CommandConsole::CommandConsole(Screen& screen, TerminalLink& terminal, CommandLink& command, Fonts fonts,
                               const Appearance& appearance, Log log)
    : screen_(screen),
      terminal_(terminal),
      command_(command),
      fonts_(std::move(fonts)),
      appearance_(appearance),
      log_(std::move(log)) {
    start_painting();
    terminal_.start();
}

void CommandConsole::start_painting() {
    const Geometry geometry(screen_.canvas().size, fonts_.cell, appearance_.scale, appearance_.rotation);
    painter_.emplace(fonts_, geometry, appearance_.cursor);
    const TextSize size{std::clamp(geometry.columns(), fewest_columns, largest_text.columns),
                        std::min(geometry.rows(), largest_text.rows)};
    if (std::exchange(size_, size) != size) command_.resize(size);
    pacing_.set_stale();
}

void CommandConsole::on_screen() {
    const Screen::Events events = screen_.dispatch();
    if (events.frame_answered || events.lost) pacing_.frame_answered();
    if (events.back) {
        painter_->forget();
        pacing_.set_stale();
    }
    mode_pending_ = mode_pending_ || events.mode_changed;
    closed_ = closed_ || events.closed;
    if (!events.trouble.empty()) log_(events.trouble);
}

void CommandConsole::on_output(std::span<const std::uint8_t> output) {
    output_.assign(output.begin(), output.end());
    pacing_.set_stale();
}

void CommandConsole::on_keys(std::span<const TypedKey> keys) {
    keys_.insert(keys_.end(), keys.begin(), keys.end());
}

void CommandConsole::on_answer(std::span<const std::uint8_t> bytes, Time now) {
    if (!gone_.empty()) return;
    try {
        if (!asked_at_) throw BadAnswer("it says something that nobody asked for");
        if (!answer_.take(bytes)) return;
        answer_.apply(grid_);
    } catch (const BadAnswer& error) {
        terminal_.stop();
        on_terminal_gone(std::string("is not to be trusted: ") + error.what());
        return;
    }
    asked_at_.reset();
    if (!answer_.replies().empty()) command_.write(answer_.replies());
    if (!answer_has_screen_) return;
    show(now);
    // There was another mode meanwhile.
    if (TextSize{grid_.columns, grid_.rows} != size_) pacing_.set_stale();
}

void CommandConsole::on_terminal_gone(const std::string& why) {
    if (gone_.empty()) gone_ = why;
}

void CommandConsole::start_terminal_again(Time now) {
    const std::string why = std::exchange(gone_, {});
    while (!failures_.empty() && now - failures_.front() >= time_of_failures) failures_.pop_front();
    failures_.push_back(now);
    if (failures_.size() >= most_failures)
        throw std::runtime_error("the terminal " + why + ", for the " + std::to_string(most_failures) +
                                 "th time within a minute");
    log_("the terminal " + why + ": another one begins with an empty screen");
    // What it was asked to take is lost with it: it may have been the reason.
    asked_at_.reset();
    output_.clear();
    grid_ = Grid{};
    terminal_.start();
    command_.redraw();
    pacing_.set_stale();
}

void CommandConsole::ask(Time now) {
    answer_has_screen_ = pacing_.reads_now(now);
    if (output_.empty() && keys_.empty() && !answer_has_screen_) return;
    const std::span<const TypedKey> keys(keys_.data(), std::min(keys_.size(), most_keys));
    const Request request{size_, answer_has_screen_, appearance_.blink, output_, keys};
    answer_.expect(request);
    asked_at_ = now;
    terminal_.ask(request);
    output_.clear();
    keys_.erase(keys_.begin(), keys_.begin() + static_cast<std::ptrdiff_t>(keys.size()));
}

void CommandConsole::show(Time now) {
    const std::vector<hvfb_rect> drawn =
        painter_->paint(grid_, screen_.canvas(), [this] { screen_.begin(); });
    if (!drawn.empty() && screen_.end(drawn))
        pacing_.frame_sent(now, painter_->scrolled_past());
    else
        pacing_.nothing_changed(now);
}

void CommandConsole::update(Time now) {
    // An answer in the old size that is still to come is drawn as far as it fits.
    if (mode_pending_ && screen_.take_mode()) {
        mode_pending_ = false;
        start_painting();
    }
    pacing_.set_shown(screen_.is_shown());
    if (asked_at_ && gone_.empty() && now >= *asked_at_ + longest_answer) {
        terminal_.stop();
        on_terminal_gone("has not answered within ten seconds");
    }
    if (!gone_.empty()) start_terminal_again(now);
    if (!asked_at_) ask(now);
}

std::optional<Time> CommandConsole::wake_at(Time now) const {
    const std::optional<Time> at = pacing_.wake_at(now);
    if (!asked_at_) return at;
    return std::min(at.value_or(Time::max()), *asked_at_ + longest_answer);
}

}  // namespace console
