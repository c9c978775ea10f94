// A program of its own: it has another operator new.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

#include "restart/state.h"
#include "restart/state_rules.h"

namespace {

// How many calls of operator new find memory before all others find none. Negative: all do.
int passing = -1;

}  // namespace

void* operator new(std::size_t size) {
    if (passing == 0) throw std::bad_alloc();
    if (passing > 0) --passing;
    void* memory = std::malloc(size);
    if (!memory) throw std::bad_alloc();
    return memory;
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

namespace hvfbd {
namespace {

std::vector<std::byte> some_state() {
    SavedDisplay display = new_display();
    display.settings = {{"RefreshLimit", "60"}};
    display.mode = default_mode;
    display.last_surface = 1;
    SavedSurface surface;
    surface.number = 1;
    surface.name = "a name that is too long to need no memory";
    surface.layout = layout_for(default_mode);
    surface.client = SavedClient{":1.42", 1000, 4711, true};
    display.surfaces = {surface};
    std::vector<std::byte> bytes;
    encode({5, {display, display}}, bytes);
    return bytes;
}

// Whether `act` was done with so much memory; what else than std::bad_alloc it throws ends the test.
template <typename Act>
bool done_with(int calls, const Act& act) {
    passing = calls;
    try {
        act();
        passing = -1;
        return true;
    } catch (const std::bad_alloc&) {
        passing = -1;
        return false;
    }
}

TEST(StateWithoutMemory, is_not_read_and_ends_nothing_wherever_there_is_no_more) {
    const std::vector<std::byte> bytes = some_state();
    Decoded read;
    int calls = 0;
    while (!done_with(calls, [&] { read = decode_state(bytes); })) ASSERT_LT(++calls, 10'000);
    EXPECT_GT(calls, 20);
    EXPECT_TRUE(read.state) << read.why;
}

TEST(StateWithoutMemory, that_is_damaged_is_not_read_either) {
    std::vector<std::byte> bytes = some_state();
    for (std::size_t size = 0; size < bytes.size(); size += 7) {
        Decoded read;
        int calls = 0;
        const auto cut = std::span(bytes).first(size);
        while (!done_with(calls, [&] { read = decode_state(cut); })) ASSERT_LT(++calls, 10'000);
        EXPECT_FALSE(read.state);
    }
}

TEST(StateWithoutMemory, is_written_where_its_bytes_have_the_room) {
    const std::vector<std::byte> before = some_state();
    const std::optional<State> state = decode_state(before).state;
    ASSERT_TRUE(state);
    std::vector<std::byte> bytes = before;
    EXPECT_TRUE(done_with(0, [&] { encode(*state, bytes); }));
    EXPECT_EQ(bytes, before);
    std::vector<std::byte> none;
    EXPECT_FALSE(done_with(0, [&] { encode(*state, none); }));
}

}  // namespace
}  // namespace hvfbd
