#include "console/command/command_console.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "console_fixture.h"

namespace console {
namespace {

struct FakeTerminal final : TerminalLink {
    unsigned started = 0, stopped = 0;
    std::optional<Request> asked;
    std::string output;  // of the last request
    std::vector<TypedKey> keys;

    void start() override { ++started; }
    void stop() override { ++stopped; }
    void ask(const Request& request) override {
        EXPECT_FALSE(asked) << "two requests at once";
        asked = request;
        output.assign(request.output.begin(), request.output.end());
        keys.assign(request.keys.begin(), request.keys.end());
    }
};

struct FakeCommand final : CommandLink {
    std::vector<TextSize> sizes;
    std::string typed;
    unsigned redrawn = 0;

    void resize(const TextSize& size) override { sizes.push_back(size); }
    void write(std::string_view replies) override { typed += replies; }
    void redraw() override { ++redrawn; }
};

struct CommandConsoleTest : testing::Test {
    FakeScreen screen;
    FakeTerminal terminal;
    FakeCommand command;
    std::vector<std::string> said;
    Time now = Time() + 1h;
    Grid shown;  // by the terminal
    std::optional<CommandConsole> console;

    void start() {
        console.emplace(screen, terminal, command, small_fonts(), ConsoleTest::appearance(),
                        [this](const std::string& sentence) { said.push_back(sentence); });
        console->update(now);
        answer({U"        ", U"        ", U"        ", U"        "});
        present();
    }
    void write(std::string_view text) {
        ASSERT_TRUE(console->takes_output());
        console->on_output({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
        console->update(now);
    }
    // The terminal's answer to what it was asked; with this screen, where that was asked for.
    void answer(const std::vector<std::u32string>& lines, std::string_view replies = "") {
        ASSERT_TRUE(terminal.asked);
        const bool wanted = terminal.asked->wants_screen;
        terminal.asked.reset();
        const Grid grid = wanted ? grid_of(lines) : Grid{};
        console->on_answer(wanted ? encode_answer(replies, grid, shown) : encode_answer(replies), now);
        if (wanted) shown = grid;
        console->update(now);
    }
    void present() {
        screen.events.frame_answered = true;
        console->on_screen();
        console->update(now);
    }
    void fail(const std::string& why = "was killed") {
        console->on_terminal_gone(why);
        terminal.asked.reset();
        shown = {};
        console->update(now);
    }
};

const std::vector<std::u32string> with_a = {U"a       ", U"        ", U"        ", U"        "};
const std::vector<std::u32string> empty = {U"        ", U"        ", U"        ", U"        "};

TEST_F(CommandConsoleTest, gives_the_pty_the_size_that_fits_and_shows_what_the_command_writes) {
    start();
    EXPECT_EQ(terminal.started, 1U);
    EXPECT_EQ(command.sizes, (std::vector<TextSize>{{8, 4}}));
    write("a");
    EXPECT_EQ(terminal.output, "a");
    answer(with_a);
    EXPECT_TRUE(screen.is_white(0, 0));
    EXPECT_FALSE(screen.is_white(1, 0));
}

TEST_F(CommandConsoleTest, does_nothing_at_rest) {
    start();
    EXPECT_FALSE(terminal.asked);
    EXPECT_EQ(console->wake_at(now), std::nullopt);
    EXPECT_EQ(screen.frames, 1U);
    now += 1h;
    console->update(now);
    EXPECT_FALSE(terminal.asked);
}

TEST_F(CommandConsoleTest, has_the_terminal_turn_keys_into_what_the_command_reads) {
    start();
    const std::vector<TypedKey> keys = {{'a', 'a', 0}, {'b', 'b', TypedKey::control}};
    console->on_keys(keys);
    console->update(now);
    ASSERT_TRUE(terminal.asked);
    EXPECT_FALSE(terminal.asked->wants_screen);
    EXPECT_EQ(terminal.keys, keys);
    // What is typed meanwhile waits, and comes once.
    console->on_keys(std::vector<TypedKey>{{'c', 'c', 0}});
    console->update(now);
    answer({}, "a\2");
    EXPECT_EQ(command.typed, "a\2");
    EXPECT_EQ(terminal.keys, (std::vector<TypedKey>{{'c', 'c', 0}}));
    answer({}, "c");
    EXPECT_FALSE(terminal.asked);
}

TEST_F(CommandConsoleTest, holds_up_who_types_faster_than_the_terminal_takes_it) {
    start();
    const std::vector<TypedKey> keys(most_keys);
    unsigned taken = 0;
    while (console->takes_keys()) {
        console->on_keys(keys);
        console->update(now);
        ASSERT_LT(++taken, 100U);
    }
    // None of them is lost.
    unsigned asked = 0;
    for (; terminal.asked; ++asked) {
        EXPECT_EQ(terminal.keys.size(), most_keys);
        answer({});
    }
    EXPECT_EQ(asked, taken);
    EXPECT_TRUE(console->takes_keys());
}

TEST_F(CommandConsoleTest, takes_output_and_asks_for_no_screen_until_a_frame_was_presented) {
    start();
    write("a");
    EXPECT_FALSE(console->takes_output()) << "one request at a time";
    answer(with_a);
    for (unsigned i = 0; i < 100; ++i) {
        write("b");
        EXPECT_FALSE(terminal.asked->wants_screen);
        answer({});
    }
    EXPECT_EQ(screen.frames, 2U);
    present();
    ASSERT_TRUE(terminal.asked);
    EXPECT_TRUE(terminal.asked->wants_screen);
    EXPECT_EQ(terminal.output, "");
}

TEST_F(CommandConsoleTest, takes_output_while_nobody_sees_it_and_draws_when_somebody_does) {
    start();
    screen.shown = false;
    console->update(now);
    write("a");
    EXPECT_FALSE(terminal.asked->wants_screen);
    answer({});
    EXPECT_TRUE(console->takes_output());
    EXPECT_EQ(screen.frames, 1U);
    EXPECT_EQ(console->wake_at(now), std::nullopt);
    screen.shown = true;
    console->update(now);
    answer(with_a);
    EXPECT_EQ(screen.frames, 2U);
    EXPECT_TRUE(screen.is_white(0, 0));
}

TEST_F(CommandConsoleTest, draws_nothing_where_output_changes_nothing) {
    start();
    write("\a");
    answer(empty);
    EXPECT_EQ(screen.frames, 1U);
    EXPECT_EQ(console->wake_at(now), std::nullopt);
}

TEST_F(CommandConsoleTest, types_the_terminals_replies_for_the_command) {
    start();
    write("\x1b[c");
    answer(empty, "\x1b[?60c");
    EXPECT_EQ(command.typed, "\x1b[?60c");
}

TEST_F(CommandConsoleTest, follows_a_change_of_mode_also_while_the_terminal_answers) {
    start();
    write("a");
    screen.next = {32, 16};
    screen.events.mode_changed = true;
    console->on_screen();
    console->update(now);
    EXPECT_EQ(command.sizes, (std::vector<TextSize>{{8, 4}, {16, 8}}));
    answer(with_a);
    EXPECT_TRUE(screen.is_white(0, 0)) << "what there is, in the old size";
    present();
    ASSERT_TRUE(terminal.asked);
    EXPECT_EQ(terminal.asked->size, (TextSize{16, 8}));
}

TEST_F(CommandConsoleTest, has_no_more_cells_than_the_terminal_may_have) {
    struct Large final : Screen {
        std::vector<std::uint32_t> pixels = std::vector<std::uint32_t>(std::size_t(4096) * 2048);
        int fd() const override { return -1; }
        Events dispatch() override { return {}; }
        bool is_shown() const override { return true; }
        Canvas canvas() override { return {pixels.data(), {4096, 2048}, 4096}; }
        bool take_mode() override { return false; }
        void begin() override {}
        bool end(std::span<const hvfb_rect> /*drawn*/) override { return true; }
    } large;
    const CommandConsole made(large, terminal, command, small_fonts(), ConsoleTest::appearance(), {});
    EXPECT_EQ(command.sizes, (std::vector<TextSize>{largest_text}));
}

TEST_F(CommandConsoleTest, has_room_for_a_wide_character_where_the_screen_has_none) {
    screen.size = {2, 8};
    console.emplace(screen, terminal, command, small_fonts(), ConsoleTest::appearance(),
                    CommandConsole::Log());
    EXPECT_EQ(command.sizes, (std::vector<TextSize>{{2, 4}}));
    console->update(now);
    answer({U"a ", U"  ", U"  ", U"  "});
    EXPECT_TRUE(screen.is_white(0, 0));
}

TEST_F(CommandConsoleTest, starts_a_terminal_that_failed_again_with_an_empty_screen_and_the_command_goes_on) {
    start();
    write("a");
    answer(with_a);
    present();
    ASSERT_FALSE(terminal.asked);
    write("deadly");
    fail("was killed by signal 11");
    EXPECT_EQ(said, (std::vector<std::string>{
                        "the terminal was killed by signal 11: another one begins with an empty screen"}));
    EXPECT_EQ(terminal.started, 2U);
    EXPECT_EQ(command.redrawn, 1U);
    EXPECT_EQ(terminal.output, "") << "what was deadly is not given to it again";
    answer(empty);
    EXPECT_FALSE(screen.is_white(0, 0));
    present();
    write("a");
    answer(with_a);
    EXPECT_TRUE(screen.is_white(0, 0));
}

TEST_F(CommandConsoleTest, ends_where_the_terminal_fails_five_times_within_a_minute) {
    start();
    for (unsigned i = 0; i < 4; ++i) fail();
    now += 60s;
    for (unsigned i = 0; i < 4; ++i) fail();
    EXPECT_EQ(terminal.started, 9U);
    EXPECT_THROW(fail(), std::runtime_error);
    EXPECT_EQ(terminal.started, 9U);
}

TEST_F(CommandConsoleTest, ends_a_terminal_that_breaks_the_rules) {
    start();
    const std::vector<std::uint8_t> byte(1);
    console->on_answer(byte, now);
    EXPECT_EQ(terminal.stopped, 1U) << "nobody asked";
    console->update(now);
    EXPECT_EQ(terminal.started, 2U);
    terminal.asked.reset();
    console->on_answer(std::vector<std::uint8_t>(1024, 0xff), now);
    EXPECT_EQ(terminal.stopped, 2U);
    console->update(now);
    EXPECT_EQ(terminal.started, 3U);
    EXPECT_NE(said.back().find("is not to be trusted"), std::string::npos) << said.back();
}

TEST_F(CommandConsoleTest, ends_a_terminal_that_does_not_answer_for_ten_seconds) {
    start();
    write("a");
    EXPECT_EQ(console->wake_at(now), now + 10s);
    now += 9s;
    console->update(now);
    EXPECT_EQ(terminal.started, 1U);
    now += 1s;
    terminal.asked.reset();
    console->update(now);
    EXPECT_EQ(terminal.stopped, 1U);
    EXPECT_EQ(terminal.started, 2U);
}

TEST_F(CommandConsoleTest, draws_everything_when_the_daemon_is_back_and_the_command_ran_meanwhile) {
    start();
    write("a");
    answer(with_a);
    screen.events.lost = true;
    screen.shown = screen.connected = false;
    console->on_screen();
    console->update(now);
    write("b");
    EXPECT_FALSE(terminal.asked->wants_screen);
    answer({});
    EXPECT_EQ(console->wake_at(now), std::nullopt);
    std::fill(screen.pixels.begin(), screen.pixels.end(), 0);
    screen.events.back = true;
    screen.shown = screen.connected = true;
    console->on_screen();
    console->update(now);
    answer(with_a);
    EXPECT_TRUE(screen.is_white(0, 0));
}

TEST_F(CommandConsoleTest, is_closed_when_somebody_closes_the_surface) {
    start();
    screen.events.closed = true;
    console->on_screen();
    EXPECT_TRUE(console->is_closed());
}

}  // namespace
}  // namespace console
