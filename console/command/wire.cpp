#include "console/command/wire.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <type_traits>

namespace console {

namespace {

struct AnswerHeader {
    std::uint32_t replies = 0, rows = 0;
    std::uint32_t cursor_column = 0, cursor_row = 0, shows_cursor = 0;
};

struct RowHeader {
    std::uint32_t row = 0;
};

struct WireCell {
    std::uint32_t code = 0;
    std::uint32_t foreground = 0, background = 0;
    std::uint32_t style = 0;
};

constexpr std::uint32_t bold_style = 1, underlined_style = 2, all_colours = 0xffffff;

template <typename Value>
void append(std::vector<std::uint8_t>& to, const Value& value) {
    static_assert(std::is_trivially_copyable_v<Value> && std::has_unique_object_representations_v<Value>);
    const std::size_t at = to.size();
    to.resize(at + sizeof value);
    std::memcpy(to.data() + at, &value, sizeof value);
}

template <typename Value>
Value value_at(std::span<const std::uint8_t> bytes, std::size_t at) {
    static_assert(std::is_trivially_copyable_v<Value>);
    Value value;
    std::memcpy(&value, bytes.subspan(at, sizeof value).data(), sizeof value);
    return value;
}

std::size_t bytes_of_row(const TextSize& size) {
    return sizeof(RowHeader) + size.columns * sizeof(WireCell);
}

WireCell wire_cell(const Cell& cell) {
    return {cell.code, cell.foreground, cell.background,
            (cell.bold ? bold_style : 0) | (cell.underlined ? underlined_style : 0)};
}

// A character that can be drawn.
char32_t checked(std::uint32_t code) {
    constexpr std::uint32_t first_surrogate = 0xd800, last_surrogate = 0xdfff, last_code = 0x10ffff;
    constexpr char32_t replacement = 0xfffd;
    if (code > last_code || (code >= first_surrogate && code <= last_surrogate)) return replacement;
    return code < U' ' ? U'\0' : code;
}

Cell cell_of(const WireCell& cell) {
    return {checked(cell.code), cell.foreground & all_colours, cell.background & all_colours,
            (cell.style & bold_style) != 0, (cell.style & underlined_style) != 0};
}

void append_text(std::vector<std::uint8_t>& to, std::string_view text) {
    std::copy(text.begin(), text.end(), std::back_inserter(to));
}

}  // namespace

std::vector<std::uint8_t> encode(const Request& request) {
    std::vector<std::uint8_t> bytes;
    append(bytes, RequestHeader{request.size.columns, request.size.rows, request.wants_screen ? 1U : 0U,
                                request.blink == Blink::ignore ? 1U : 0U,
                                static_cast<std::uint32_t>(request.keys.size()),
                                static_cast<std::uint32_t>(request.output.size())});
    for (const TypedKey& key : request.keys) append(bytes, key);
    bytes.insert(bytes.end(), request.output.begin(), request.output.end());
    return bytes;
}

std::vector<std::uint8_t> encode_answer(std::string_view replies) {
    std::vector<std::uint8_t> bytes;
    append(bytes, AnswerHeader{static_cast<std::uint32_t>(replies.size()), 0, 0, 0, 0});
    append_text(bytes, replies);
    return bytes;
}

std::vector<std::uint8_t> encode_answer(std::string_view replies, const Grid& now, const Grid& before) {
    std::vector<std::uint8_t> bytes;
    const bool all = now.columns != before.columns || now.rows != before.rows;
    AnswerHeader header{static_cast<std::uint32_t>(replies.size()), 0, 0, 0, 0};
    if (now.cursor) {
        header.cursor_column = now.cursor->column;
        header.cursor_row = now.cursor->row;
        header.shows_cursor = 1;
    }
    append(bytes, header);
    append_text(bytes, replies);
    for (unsigned row = 0; row < now.rows; ++row) {
        const auto first = std::ptrdiff_t(std::size_t(row) * now.columns);
        const auto cells = now.cells.begin() + first;
        if (!all && std::equal(cells, cells + now.columns, before.cells.begin() + first)) continue;
        ++header.rows;
        append(bytes, RowHeader{row});
        for (unsigned column = 0; column < now.columns; ++column)
            append(bytes, wire_cell(now.at(column, row)));
    }
    std::memcpy(bytes.data(), &header, sizeof header);
    return bytes;
}

void AnswerReader::expect(const Request& request) {
    size_ = request.size;
    wants_screen_ = request.wants_screen;
    bytes_.clear();
}

// Of the answer whose header is there.
std::size_t AnswerReader::whole() const {
    const auto header = value_at<AnswerHeader>(bytes_, 0);
    if (header.replies > most_replies || header.rows > (wants_screen_ ? size_.rows : 0))
        throw BadAnswer("its answer is longer than it can be");
    return sizeof header + header.replies + header.rows * bytes_of_row(size_);
}

bool AnswerReader::take(std::span<const std::uint8_t> bytes) {
    // The header before the rest, which may only be as long as it says.
    const std::size_t missing = sizeof(AnswerHeader) - std::min(sizeof(AnswerHeader), bytes_.size());
    const auto head = bytes.first(std::min(missing, bytes.size()));
    bytes_.insert(bytes_.end(), head.begin(), head.end());
    if (bytes_.size() < sizeof(AnswerHeader)) return false;
    const std::size_t length = whole();
    const auto rest = bytes.subspan(head.size());
    if (rest.size() > length - bytes_.size()) throw BadAnswer("its answer goes on after its end");
    bytes_.reserve(length);
    bytes_.insert(bytes_.end(), rest.begin(), rest.end());
    return bytes_.size() == length;
}

std::string_view AnswerReader::replies() const {
    const auto header = value_at<AnswerHeader>(bytes_, 0);
    return {reinterpret_cast<const char*>(bytes_.data()) + sizeof header, header.replies};
}

void AnswerReader::apply(Grid& grid) const {
    if (!wants_screen_) return;
    const auto header = value_at<AnswerHeader>(bytes_, 0);
    const std::size_t first = sizeof header + header.replies, row_bytes = bytes_of_row(size_);
    const auto row_of = [&](std::uint32_t i) {
        return value_at<RowHeader>(bytes_, first + i * row_bytes).row;
    };
    for (std::uint32_t i = 0; i < header.rows; ++i)
        if (row_of(i) >= size_.rows || (i > 0 && row_of(i) <= row_of(i - 1)))
            throw BadAnswer("its answer has rows that there are not");
    if (grid.columns != size_.columns || grid.rows != size_.rows) {
        grid = Grid{size_.columns, size_.rows, {}, {}};
        grid.cells.resize(std::size_t(size_.columns) * size_.rows);
    }
    for (std::uint32_t i = 0; i < header.rows; ++i) {
        const std::size_t cells = first + i * row_bytes + sizeof(RowHeader);
        Cell* const to = grid.cells.data() + std::size_t(row_of(i)) * size_.columns;
        for (unsigned column = 0; column < size_.columns; ++column)
            to[column] = cell_of(value_at<WireCell>(bytes_, cells + column * sizeof(WireCell)));
    }
    grid.cursor.reset();
    if (header.shows_cursor != 0 && header.cursor_column < size_.columns && header.cursor_row < size_.rows)
        grid.cursor = Position{header.cursor_column, header.cursor_row};
}

}  // namespace console
