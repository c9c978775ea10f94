#include "console/painter.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "console/character_width.h"

namespace console {

namespace {

void fill(const hvfb_rect& rectangle, std::uint32_t pixel, const Canvas& canvas) {
    const unsigned right = std::min(rectangle.x + rectangle.width, canvas.size.width);
    const unsigned bottom = std::min(rectangle.y + rectangle.height, canvas.size.height);
    for (unsigned y = rectangle.y; y < bottom; ++y) {
        std::uint32_t* const row = canvas.pixels + y * canvas.stride;
        for (unsigned x = rectangle.x; x < right; ++x) row[x] = pixel;
    }
}

// Eight pixels at a time, which compilers make vectors of.
void draw_row(std::uint32_t* __restrict to, const std::uint8_t* __restrict set, std::size_t count,
              std::uint32_t background, std::uint32_t difference) {
    const auto pixel = [=](std::uint8_t mask) {
        return background ^ (difference & static_cast<std::uint32_t>(static_cast<std::int8_t>(mask)));
    };
    constexpr std::size_t step = 8;
    for (; count >= step; count -= step, to += step, set += step)
        for (std::size_t i = 0; i < step; ++i) to[i] = pixel(set[i]);
    for (std::size_t i = 0; i < count; ++i) to[i] = pixel(set[i]);
}

// Spans of two rows that are the same become one rectangle.
void add(std::vector<hvfb_rect>& spans, const hvfb_rect& span) {
    if (!spans.empty()) {
        hvfb_rect& last = spans.back();
        if (last.x == span.x && last.width == span.width && last.y + last.height == span.y) {
            last.height += span.height;
            return;
        }
    }
    spans.push_back(span);
}

}  // namespace

Painter::Painter(Fonts fonts, const Geometry& geometry, CursorShape cursor)
    : geometry_(geometry), cursor_(cursor), glyphs_(std::move(fonts), geometry) {}

void Painter::forget() {
    drawn_.clear();
}

// Most of what is painted was there before, and comparing cells is faster than searching for their glyphs.
bool Painter::is_as_before(const Grid& grid, unsigned row) const {
    if (grid.columns != before_.columns || grid.rows != before_.rows) return false;
    const auto cursor_in = [row](const Grid& of) { return of.cursor && of.cursor->row == row; };
    if ((cursor_in(grid) || cursor_in(before_)) && grid.cursor != before_.cursor) return false;
    if (row >= grid.rows) return true;
    const auto first = grid.cells.begin() + std::ptrdiff_t(std::size_t(row) * grid.columns);
    return std::equal(first, first + grid.columns,
                      before_.cells.begin() + std::ptrdiff_t(std::size_t(row) * grid.columns));
}

void Painter::look_at_row(const Grid& grid, unsigned row, std::vector<Look>& looks) {
    const unsigned columns = row < grid.rows ? std::min(grid.columns, geometry_.columns()) : 0;
    for (unsigned column = 0; column < columns; ++column) {
        const Cell& cell = grid.at(column, row);
        Look& look = looks[column];
        look = {GlyphCache::blank, cell.foreground, cell.background, false, cell.underlined};
        // The kernel puts a space, or since 6.16 a space of no width, behind a wide character.
        const bool has_room = column + 1 < columns && is_blank(grid.at(column + 1, row).code);
        if (has_room && glyphs_.cells_of(cell.code) == 2) {
            look.shape = glyphs_.shape(cell.code, Part::left, cell.bold);
            ++column;
            looks[column] = {glyphs_.shape(cell.code, Part::right, cell.bold), cell.foreground,
                             grid.at(column, row).background, false, cell.underlined};
        } else {
            look.shape = glyphs_.shape(cell.code, Part::whole, cell.bold);
        }
    }
    std::fill(looks.begin() + columns, looks.end(), Look{});
    if (grid.cursor && cursor_ != CursorShape::none && grid.cursor->row == row &&
        grid.cursor->column < columns)
        looks[grid.cursor->column].cursor = true;
    // What has no pixel of a colour does not change with it.
    for (Look& look : looks)
        if (look.shape == GlyphCache::blank && !look.cursor && !look.underlined) look.foreground = 0;
}

void Painter::draw(const Look& look, unsigned column, unsigned row, const Canvas& canvas) const {
    const hvfb_rect place = geometry_.place(column, row);
    std::uint32_t foreground = look.foreground, background = look.background;
    // A cursor of the background's colour would not be seen.
    constexpr std::uint32_t all_colours = 0xffffff;
    const std::uint32_t cursor = foreground != background ? foreground : background ^ all_colours;
    if (look.cursor && cursor_ == CursorShape::block) {
        foreground = background;
        background = cursor;
    }
    const Mask& mask = glyphs_.mask(look.shape);
    const std::uint32_t difference = foreground ^ background;
    const unsigned right = std::min(place.width, canvas.size.width - std::min(place.x, canvas.size.width));
    const unsigned bottom =
        std::min(place.height, canvas.size.height - std::min(place.y, canvas.size.height));
    for (unsigned y = 0; y < bottom; ++y)
        draw_row(canvas.pixels + (place.y + y) * canvas.stride + place.x,
                 mask.data() + std::size_t(y) * place.width, right, background, difference);
    const Size cell = geometry_.cell();
    const auto draw_line = [&](unsigned above_bottom, unsigned thick, std::uint32_t pixel) {
        hvfb_rect line = turned(hvfb_rect{0, cell.height - above_bottom - thick, cell.width, thick},
                                turned(cell, geometry_.rotation()), geometry_.rotation());
        line.x += place.x;
        line.y += place.y;
        fill(line, pixel, canvas);
    };
    constexpr unsigned part = 8;
    const unsigned thick = std::max(cell.height / part, geometry_.scale());
    // One pixel of the font above the bottom, where that has room below its letters.
    if (look.underlined)
        draw_line(geometry_.font().height > part ? geometry_.scale() : 0, geometry_.scale(), foreground);
    if (look.cursor && cursor_ == CursorShape::underline) draw_line(0, thick, cursor);
}

void Painter::clear(const Canvas& canvas) const {
    fill({0, 0, canvas.size.width, canvas.size.height}, 0, canvas);
}

std::vector<hvfb_rect> Painter::paint(Grid grid, const Canvas& canvas, const std::function<void()>& begin) {
    if (glyphs_.is_full()) {
        glyphs_.clear();
        forget();
    }
    const std::size_t columns = geometry_.columns();
    const bool everything = drawn_.empty();
    bool begun = !begin;
    const auto begin_once = [&] {
        if (!std::exchange(begun, true)) begin();
    };
    if (everything) {
        begin_once();
        clear(canvas);
        drawn_.assign(columns * geometry_.rows(), Look{});
    }
    looks_.resize(columns);
    std::vector<hvfb_rect> changed;
    for (unsigned row = 0; row < geometry_.rows(); ++row) {
        if (!everything && is_as_before(grid, row)) continue;
        look_at_row(grid, row, looks_);
        Look* const drawn = drawn_.data() + row * columns;
        unsigned first = geometry_.columns(), last = 0;
        for (unsigned column = 0; column < columns; ++column) {
            if (looks_[column] == drawn[column]) continue;
            first = std::min(first, column);
            last = column;
            begin_once();
            drawn[column] = looks_[column];
            draw(looks_[column], column, row, canvas);
        }
        if (first <= last) add(changed, geometry_.place(first, row, last - first + 1));
    }
    scrolled_past_ = console::scrolled_past(before_, grid);
    before_ = std::move(grid);
    if (everything) return {hvfb_rect{0, 0, canvas.size.width, canvas.size.height}};
    return changed;
}

}  // namespace console
