#include <random>

#include "console_fixture.h"

namespace console {
namespace {

// Does what the loop of the program does, with a terminal that is readable from a write to the next read.
struct RandomConsoleTest : ConsoleTest {
    std::mt19937 random{1};
    unsigned reads_before = 0, frames_before = 0, written = 0;
    bool readable = true, blanked = false, answers_at_once = false;

    RandomConsoleTest() {
        screen.size = {32, 16};
        terminals.id = {1, 1};
    }
    unsigned any(unsigned count) { return std::uniform_int_distribution(0U, count - 1)(random); }

    void start_with_scrollback() {
        Appearance wanted = appearance();
        wanted.scrollback = 100;
        console.emplace(terminals, screen, small_fonts(), wanted, [](const std::string&) {});
    }
    // False: it sleeps until something else happens than time.
    bool turn() {
        console->update(now);
        if (terminals.reads != std::exchange(reads_before, terminals.reads)) readable = false;
        if (answers_at_once && answer_frame()) {
            now += 16ms;
            return true;
        }
        if (console->listens(now) && readable) {
            console->on_terminal_changed();
            return true;
        }
        // Opened again, it is readable once.
        if (!console->listens(now) && !console->reads_soon()) readable = true;
        const std::optional<Time> at = console->wake_at(now);
        if (at) now = std::max(now, *at);
        return at.has_value();
    }
    void print(unsigned count) {
        readable = true;
        while (count-- > 0) {
            std::u32string line(16, U' ');
            ++written;
            for (unsigned bit = 0; bit < line.size(); ++bit)
                if ((written >> bit & 1) != 0) line[bit] = U'a';
            terminals.lines.erase(terminals.lines.begin());
            terminals.lines.push_back(line);
        }
    }
    bool answer_frame() {
        if (screen.frames == std::exchange(frames_before, screen.frames)) return false;
        screen.events.frame_answered = true;
        console->on_screen();
        return true;
    }
    void happen() {
        switch (any(9)) {
            case 0:
                terminals.write(any(16), any(8), any(2) != 0 ? U'a' : U' ');
                readable = true;
                break;
            case 1:
            case 2:
                print(1 + any(12));
                break;
            case 3:
            case 4:
                answer_frame();
                break;
            case 5:
                blank(any(20) == 0);
                break;
            case 6:
                screen.shown = any(20) != 0;
                break;
            case 7:
                terminals.id = {1 + any(2), 1};
                terminals.in_use = any(2) != 0;
                readable = true;
                console->on_terminal_switched();
                break;
            default:
                now += std::chrono::milliseconds(any(30));
                break;
        }
    }
    void blank(bool yes) {
        if (std::exchange(blanked, yes) != yes) console->on_blanked(yes);
    }
    // At the end somebody sees it, and everything is answered. 1000 turns without an end: it does not sleep.
    bool rests() {
        screen.shown = true;
        blank(false);
        for (int i = 0; i < 1000; ++i) {
            answer_frame();
            const bool goes_on = turn();
            if (!goes_on && screen.frames == frames_before) return true;
        }
        return false;
    }
    bool shows_everything() const {
        for (unsigned row = 0; row < 8; ++row)
            for (unsigned column = 0; column < 16; ++column)
                if (screen.is_white(column, row) != (terminals.lines[row][column] == U'a')) return false;
        return true;
    }
};

TEST_F(RandomConsoleTest, sleeps_in_the_end_and_shows_the_last_text_whatever_happened_before) {
    start_with_scrollback();
    for (unsigned round = 0; round < 3000; ++round) {
        for (unsigned i = 0, events = 1 + any(12); i < events; ++i) {
            happen();
            for (unsigned turns = any(4); turns > 0; --turns) turn();
        }
        ASSERT_TRUE(rests()) << "round " << round;
        ASSERT_TRUE(shows_everything()) << "round " << round;
    }
}

TEST_F(RandomConsoleTest, shows_hours_of_text_that_scrolls_by_seven_times_a_second_and_sleeps_afterwards) {
    start_with_scrollback();
    terminals.cursor_row = 7;
    ASSERT_TRUE(rests());
    // A day of it takes twelve seconds, and passes as well.
    constexpr auto time = 2h;
    constexpr unsigned frames = time / 150ms;
    const unsigned begin = screen.frames;
    // The daemon shows sixty frames a second, and more than a screen is printed in the time of one.
    answers_at_once = true;
    for (const Time end = now + time; now < end; turn()) print(9);
    const unsigned shown = screen.frames - begin;
    EXPECT_GE(shown, frames * 9 / 10);
    EXPECT_LE(shown, frames * 12 / 10);
    EXPECT_LE(console->on_scroll({}).kept, 100U);
    ASSERT_TRUE(rests());
    EXPECT_TRUE(shows_everything());
    EXPECT_EQ(console->wake_at(now), std::nullopt);
}

}  // namespace
}  // namespace console
