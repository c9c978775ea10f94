#include "console/scroll_view.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>

namespace console {

namespace {

// Of more terminals than these, those that were in the foreground last.
constexpr std::size_t most_terminals = 8;
constexpr unsigned colour_of_text = 7;

}  // namespace

std::optional<ScrollRequest> scroll_request_in(std::string_view text) {
    constexpr std::array<std::pair<std::string_view, ScrollRequest::What>, 6> words = {{
        {"up", ScrollRequest::up},
        {"down", ScrollRequest::down},
        {"top", ScrollRequest::top},
        {"end", ScrollRequest::end},
        {"where", ScrollRequest::where},
        {"forget", ScrollRequest::forget},
    }};
    const std::size_t space = std::min(text.find(' '), text.size());
    const auto* const word =
        std::ranges::find(words, text.substr(0, space), &decltype(words)::value_type::first);
    if (word == words.end()) return std::nullopt;
    ScrollRequest request{word->second, 0};
    if (space == text.size()) return request;
    const std::string_view number = text.substr(space + 1);
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), request.lines);
    const bool takes_lines = request.what == ScrollRequest::up || request.what == ScrollRequest::down;
    if (!takes_lines || error != std::errc() || end != number.data() + number.size() || request.lines == 0)
        return std::nullopt;
    return request;
}

void ScrollView::bring_to_front(const TerminalId& terminal) {
    const auto found =
        std::ranges::find(kept_, terminal.number, [](const Kept& kept) { return kept.terminal.number; });
    if (found != kept_.begin() || kept_.empty()) back_ = 0;
    if (found == kept_.end())
        kept_.push_front({terminal, Scrollback(most_lines_)});
    else
        kept_.splice(kept_.begin(), kept_, found);
    if (kept_.size() > most_terminals) kept_.pop_back();
    Kept& front = kept_.front();
    if (front.terminal == terminal) return;
    front = {terminal, Scrollback(most_lines_)};
    back_ = 0;
}

Scrollback::Seen ScrollView::see(const TerminalId& terminal, const Grid& grid) {
    if (terminal.number == 0 || most_lines_ == 0) return {};
    bring_to_front(terminal);
    Scrollback& lines = kept_.front().lines;
    const Grid& before = lines.seen();
    const bool same_size = before.columns == grid.columns && before.rows == grid.rows;
    const bool changed = !same_size || before.cells != grid.cells || before.cursor != grid.cursor;
    const bool stays = !changed || (same_size && held_);
    const Scrollback::Seen seen = lines.see(grid);
    if (back_ > 0) back_ = stays ? std::min(back_ + seen.added, lines.size()) : 0;
    return seen;
}

void ScrollView::see_torn() {
    if (!held_) back_ = 0;
}

Grid ScrollView::view(const Grid& now, const Palette& palette) const {
    Grid grid = now;
    if (back_ == 0 || grid.cells.empty()) return grid;
    const Scrollback& lines = kept_.front().lines;
    grid.cursor.reset();
    const std::size_t from_lines = std::min<std::size_t>(back_, grid.rows);
    // What is on the terminal moves down, as far as there is room for it.
    std::copy_backward(grid.cells.begin(), grid.cells.end() - std::ptrdiff_t(from_lines * grid.columns),
                       grid.cells.end());
    for (unsigned row = 0; row < from_lines; ++row) lines.put(back_ - 1 - row, grid, row);
    const std::string mark = "[" + std::to_string(back_) + "/" + std::to_string(lines.size()) + "]";
    if (mark.size() > grid.columns) return grid;
    std::size_t column = grid.columns - mark.size();
    for (const char character : mark) {
        Cell& cell = grid.cells[column++];
        cell = {};
        cell.code = char32_t(character);
        cell.foreground = palette[0];
        cell.background = palette[colour_of_text];
    }
    return grid;
}

ScrollPosition ScrollView::scroll(const ScrollRequest& request) {
    if (request.what == ScrollRequest::forget) {
        for (Kept& kept : kept_) kept.lines.forget();
        back_ = 0;
    }
    if (kept_.empty()) return {};
    const Scrollback& front = kept_.front().lines;
    const std::size_t kept = front.size();
    const std::size_t lines = request.lines != 0 ? request.lines : std::max(front.seen().rows / 2, 1U);
    switch (request.what) {
        case ScrollRequest::up:
            back_ = std::min(kept, back_ + lines);
            break;
        case ScrollRequest::down:
            back_ -= std::min(back_, lines);
            break;
        case ScrollRequest::top:
            back_ = kept;
            break;
        case ScrollRequest::end:
            back_ = 0;
            break;
        default:
            break;
    }
    return {back_, kept};
}

}  // namespace console
