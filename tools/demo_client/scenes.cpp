#include "scenes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "font.h"

namespace hvfbd::demo {

namespace {

using std::chrono::milliseconds;

constexpr std::uint32_t night = 0x00101820, paper = 0x00f4f0e6, ink = 0x00202428, accent = 0x00d9541e;

// Between the four neighbours of each point, 255 steps from one to the next.
Picture scaled(const Picture& picture, std::uint32_t width, std::uint32_t height) {
    Picture result{width, height, std::vector<std::uint32_t>(std::size_t{width} * height)};
    const auto at = [&](std::uint64_t x, std::uint64_t y) {
        return picture.pixels[std::min<std::uint64_t>(y, picture.height - 1) * picture.width +
                              std::min<std::uint64_t>(x, picture.width - 1)];
    };
    for (std::uint32_t y = 0; y < height; ++y)
        for (std::uint32_t x = 0; x < width; ++x) {
            const std::uint64_t u = std::uint64_t{x} * picture.width * 255 / width;
            const std::uint64_t v = std::uint64_t{y} * picture.height * 255 / height;
            const auto across = static_cast<std::uint32_t>(u % 255),
                       down = static_cast<std::uint32_t>(v % 255);
            result.pixels[std::size_t{y} * width + x] =
                blend(blend(at(u / 255, v / 255), at(u / 255 + 1, v / 255), across),
                      blend(at(u / 255, v / 255 + 1), at(u / 255 + 1, v / 255 + 1), across), down);
        }
    return result;
}

void frame(Canvas& canvas, Box box, std::string_view title) {
    canvas.fill(box, ink);
    canvas.fill({box.x + 2, box.y + 2, box.width - 4, 22}, accent);
    canvas.text(title, box.x + 10, box.y + 3, paper, accent);
    canvas.fill({box.x + 2, box.y + 26, box.width - 4, box.height - 28}, paper);
}

}  // namespace

void show_picture(Stage& stage, const Picture& picture) {
    Canvas& canvas = stage.canvas();
    canvas.fill({0, 0, canvas.width(), canvas.height()}, night);
    const double factor = std::min(static_cast<double>(canvas.width()) / picture.width,
                                   static_cast<double>(canvas.height()) / picture.height);
    const auto fit = [&](std::uint32_t size) {
        return std::max(1U, static_cast<std::uint32_t>(std::lround(size * factor)));
    };
    const Picture shown = scaled(picture, fit(picture.width), fit(picture.height));
    const int left = (canvas.width() - static_cast<int>(shown.width)) / 2;
    const int top = (canvas.height() - static_cast<int>(shown.height)) / 2;
    constexpr int strips = 30;
    for (int strip = 0; strip < strips; ++strip) {
        const int from = static_cast<int>(shown.height) * strip / strips;
        const int to = static_cast<int>(shown.height) * (strip + 1) / strips;
        canvas.blit(shown, left, top, {left, top + from, canvas.width(), to - from});
        stage.pause(milliseconds(25));
    }
}

void type_text(Stage& stage) {
    Canvas& canvas = stage.canvas();
    constexpr std::array<std::string_view, 6> lines = {
        "hvfbd shows what a program", "stores into memory.",         "",
        "The program calls nothing:", "hvfbd finds the pixels that", "changed, and sends only those."};
    const Box box{canvas.width() / 20, canvas.height() / 12, 34 * glyph_width,
                  40 + static_cast<int>(lines.size()) * (glyph_height + 4)};
    frame(canvas, box, "typing");
    int y = box.y + 34;
    for (const std::string_view line : lines) {
        int x = box.x + 14;
        for (const char character : line) {
            canvas.glyph(character, x, y, ink, paper);
            x += glyph_width;
            canvas.fill({x, y, glyph_width - 2, glyph_height - 2}, accent);  // the cursor
            stage.pause(milliseconds(18));
            canvas.fill({x, y, glyph_width - 2, glyph_height - 2}, paper);
        }
        y += glyph_height + 4;
    }
}

void bounce_window(Stage& stage) {
    Canvas& canvas = stage.canvas();
    const Picture below = canvas.picture();
    Box window{canvas.width() / 2, canvas.height() / 3, std::min(360, canvas.width() / 2),
               std::min(180, canvas.height() / 3)};
    int across = 11, down = 7;
    constexpr int steps = 90;
    for (int step = 0; step < steps; ++step) {
        // No half-drawn window is seen: between the two nothing is presented.
        stage.begin();
        canvas.blit(below, 0, 0, window);
        window.x += across;
        window.y += down;
        if (window.x < 0 || window.x + window.width > canvas.width()) across = -across;
        if (window.y < 0 || window.y + window.height > canvas.height()) down = -down;
        frame(canvas, window, "a window");
        canvas.text("step " + std::to_string(step + 1), window.x + 20, window.y + 50, ink, paper);
        stage.end();
        stage.pause(milliseconds(33));
    }
}

void scroll_page(Stage& stage) {
    Canvas& canvas = stage.canvas();
    const Box box{canvas.width() / 20, canvas.height() / 2, canvas.width() * 2 / 5, canvas.height() * 2 / 5};
    frame(canvas, box, "scrolling");
    constexpr int line = glyph_height + 2;
    const Box page{box.x + 10, box.y + 30, box.width - 20, (box.height - 40) / line * line};
    const std::size_t columns = static_cast<std::size_t>(std::max(0, page.width / glyph_width));
    for (int number = 1; number <= 60; ++number) {
        canvas.scroll_up(page, line);
        std::string words = std::to_string(number) + ": only pixels that differ are copied";
        words.resize(columns, ' ');
        canvas.text(words, page.x, page.y + page.height - line, ink, paper);
        stage.pause(milliseconds(40));
    }
}

std::optional<std::chrono::nanoseconds> store_alone(Stage& stage) {
    std::vector<std::chrono::nanoseconds> times;
    for (int i = 0; i < 7; ++i) {
        // Longer than IdleTimeout and what follows it: the display is at rest.
        stage.pause(milliseconds(700));
        const auto time = stage.lone_store(8 + 4 * i, 8, accent);
        if (!time) return std::nullopt;
        times.push_back(*time);
    }
    std::ranges::sort(times);
    return times[times.size() / 2];
}

void rest(Stage& stage) {
    stage.pause(milliseconds(1000));
}

Picture test_card(int width, int height) {
    Picture card{static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(height), {}};
    card.pixels.reserve(static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
    constexpr std::array<std::uint32_t, 7> bars = {0xc0c0c0, 0xc0c000, 0x00c0c0, 0x00c000,
                                                   0xc000c0, 0xc00000, 0x0000c0};
    const double radius = height * 0.42;
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
            const double distance = std::hypot(x - width / 2.0, y - height / 2.0);
            std::uint32_t pixel = 0;
            if (std::abs(distance - radius) < 2)
                pixel = 0xffffff;
            else if (distance < radius)
                pixel =
                    y < height * 2 / 3
                        ? bars.at(static_cast<std::size_t>(x) * bars.size() / static_cast<std::size_t>(width))
                        : static_cast<std::uint32_t>(x * 255 / width) * 0x010101U;
            else
                pixel = blend(0x0018304a, 0x004a2438, static_cast<std::uint32_t>(y * 255 / height));
            if (distance >= radius && (x % 64 == 0 || y % 64 == 0)) pixel = 0x00405060;
            card.pixels.push_back(pixel);
        }
    return card;
}

}  // namespace hvfbd::demo
