#include "damage/compare.h"

#include <algorithm>
#include <cstring>

#include "damage/tile.h"

namespace hvfbd {

namespace {

bool differs(const Pixel* source, const Pixel* target, std::int32_t count) {
    return std::memcmp(source, target, static_cast<std::size_t>(count) * sizeof(Pixel)) != 0;
}

struct Row {
    const Pixel* source;
    Pixel *target, *scanout;  // scanout: null if there is none
    std::int32_t left, right, y;
};

// A run of tiles that differed, trimmed at both ends.
void end_span(const Row& row, std::int32_t begin, std::int32_t end, Found& found) {
    constexpr std::int32_t tile = tile_pixels;
    found.pixels_in_tiles += std::min((end + tile - 1) / tile * tile, row.right) - begin / tile * tile;
    // From front, not from source: that may have changed again.
    if (row.scanout)
        std::memcpy(row.scanout + begin, row.target + begin,
                    static_cast<std::size_t>(end - begin) * sizeof(Pixel));
    found.spans.push_back({begin, row.y, end, row.y + 1});
    found.pixels += end - begin;
}

// One row, from left to right.
[[gnu::always_inline]] inline void compare_tiles(const Row& row, Found& found) {
    std::int32_t begin = 0, end = 0;  // of a span that is not ended; empty: there is none
    for (std::int32_t x = row.left; x < row.right;) {
        std::int32_t past = std::min(x / tile_pixels * tile_pixels + tile_pixels, row.right);
        Difference difference = past - x == tile_pixels
                                    ? copy_whole_tile(row.source + x, row.target + x)
                                    : copy_part_of_tile(row.source + x, row.target + x, past - x);
#ifdef HVFBD_MUTATION_COPY_MORE_THAN_FOUND
        if (difference)
            std::memcpy(row.target + row.left, row.source + row.left,
                        static_cast<std::size_t>(row.right - row.left) * sizeof(Pixel));
#endif
        if (difference) {
            if (begin == end) begin = x + difference.first;
            end = x + difference.past;
        } else if (begin < end) {
            end_span(row, begin, end, found);
            begin = end;
        }
        x = past;
    }
    if (begin < end) end_span(row, begin, end, found);
}

void compare_row_portably(const Row& row, Found& found) {
    compare_tiles(row, found);  // mutants: called only where a processor has no AVX2
}

#ifdef __x86_64__
[[gnu::target("avx2")]] void compare_row_with_avx2(const Row& row, Found& found) {
    compare_tiles(row, found);
}
#endif

using CompareRow = void (*)(const Row&, Found&);

CompareRow best_compare_row() {
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx2")) return compare_row_with_avx2;  // mutants: both find the same
#endif
    return compare_row_portably;  // mutants: not where a processor has AVX2
}

const CompareRow compare_row = best_compare_row();

// The same where there is no source: black.
void blacken_row(Pixel* target, Pixel* scanout, std::int32_t left, std::int32_t right, std::int32_t y,
                 Found& found) {
    auto lit = [](Pixel pixel) { return pixel != 0; };
    Pixel* begin = std::find_if(target + left, target + right, lit);
    if (begin == target + right) return;
    Pixel* end = target + right;
    while (!lit(end[-1])) --end;
    std::fill(begin, end, 0);
    if (scanout) std::fill_n(scanout + (begin - target), end - begin, 0);
    found.spans.push_back(
        {static_cast<std::int32_t>(begin - target), y, static_cast<std::int32_t>(end - target), y + 1});
    found.pixels += end - begin;
    found.pixels_in_tiles += end - begin;
}

}  // namespace

void compare_and_copy(PictureView source, MutablePictureView front, MutablePictureView scanout,
                      std::span<const Rectangle> where, Found& found) {
    found.spans.clear();
    found.pixels = 0;
    found.pixels_in_tiles = 0;
    auto width = static_cast<std::int32_t>(front.width), height = static_cast<std::int32_t>(front.height);
    auto source_width = static_cast<std::int32_t>(source.width),
         source_height = static_cast<std::int32_t>(source.height);

    for (std::size_t first = 0; first < where.size();) {
        // Rectangles of one band have the same rows; they are walked a row at a time, to keep the spans
        // sorted.
        std::size_t past = first;
        while (past < where.size() && where[past].top == where[first].top &&
               where[past].bottom == where[first].bottom)
            ++past;
        std::int32_t top = std::max(where[first].top, 0), bottom = std::min(where[first].bottom, height);
        for (std::int32_t y = top; y < bottom; ++y) {
            auto row = static_cast<std::size_t>(y);
            auto* target_row = reinterpret_cast<Pixel*>(front.pixels + row * front.stride);
            auto* scanout_row =
                scanout.pixels ? reinterpret_cast<Pixel*>(scanout.pixels + row * scanout.stride) : nullptr;
            const auto* source_row = y < source_height
                                         ? reinterpret_cast<const Pixel*>(source.pixels + row * source.stride)
                                         : nullptr;
            for (std::size_t i = first; i < past; ++i) {
                std::int32_t left = std::max(where[i].left, 0), right = std::min(where[i].right, width);
                std::int32_t covered =
                    source_row ? std::clamp(source_width, left, std::max(left, right)) : left;
                compare_row({source_row, target_row, scanout_row, left, covered, y}, found);
                // mutants: of no pixels none is made black.
                if (covered < right) blacken_row(target_row, scanout_row, covered, right, y, found);
            }
        }
        first = past;
    }
}

bool differs_somewhere(PictureView source, PictureView target, std::span<const Rectangle> where,
                       unsigned round) {
    // A prime: lines of text are 16 rows apart, and the rows between them are alike.
    constexpr std::int32_t rows = 17;
    // Not the next row each time: what scrolls by a row a frame would always be missed.
    constexpr unsigned step = 7;
    auto phase = static_cast<std::int32_t>(round * step % rows);
    Rectangle both{0, 0, static_cast<std::int32_t>(std::min(source.width, target.width)),
                   static_cast<std::int32_t>(std::min(source.height, target.height))};
    for (const Rectangle& rectangle : where) {
        Rectangle part = intersection(rectangle, both);
        if (part.empty()) continue;
        for (std::int32_t y = part.top + (phase - part.top % rows + rows) % rows; y < part.bottom;
             y += rows) {
            auto row = static_cast<std::size_t>(y);
            if (differs(reinterpret_cast<const Pixel*>(source.pixels + row * source.stride) + part.left,
                        reinterpret_cast<const Pixel*>(target.pixels + row * target.stride) + part.left,
                        part.width()))
                return true;
        }
    }
    return false;
}

void copy_spans(PictureView front, MutablePictureView scanout, std::span<const Rectangle> rectangles) {
    for (std::size_t i = 0; i < rectangles.size();) {
        Rectangle run = rectangles[i++];
        // One below the other, they are one piece of memory where they are whole rows and the strides agree.
        while (i < rectangles.size() && rectangles[i].left == run.left && rectangles[i].right == run.right &&
               rectangles[i].top == run.bottom)
            run.bottom = rectangles[i++].bottom;
        bool whole_rows = run.width() == static_cast<std::int32_t>(front.width);
        std::size_t row_bytes = static_cast<std::size_t>(run.width()) * sizeof(Pixel);
        auto offset = [&](std::uint32_t stride, std::int32_t y) {
            return static_cast<std::size_t>(y) * stride + static_cast<std::size_t>(run.left) * sizeof(Pixel);
        };
        if (whole_rows && front.stride == scanout.stride) {
            std::memcpy(scanout.pixels + offset(scanout.stride, run.top),
                        front.pixels + offset(front.stride, run.top),
                        static_cast<std::size_t>(run.height() - 1) * front.stride + row_bytes);
        } else {
            for (std::int32_t y = run.top; y < run.bottom; ++y)
                std::memcpy(scanout.pixels + offset(scanout.stride, y),
                            front.pixels + offset(front.stride, y), row_bytes);
        }
    }
}

}  // namespace hvfbd
