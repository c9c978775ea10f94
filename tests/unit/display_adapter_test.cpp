// The registers of a Bochs display adapter, against one that keeps what it is told and one that makes of it
// what it can.
#include "output/uio/display_adapter.h"

#include <gtest/gtest.h>

#include <array>

namespace hvfbd::uio {
namespace {

class FakeAdapter : public DisplayRegisters {
  public:
    std::uint16_t read(Index index) const override { return values[index]; }
    void write(Index index, std::uint16_t value) override {
        // Linux and the firmware switch it off to change it: some adapters take nothing while it is on.
        if (unplugged || (strict && index != enable && (values[enable] & 1) != 0)) return;
        if (index == id || index == video_memory_64k) return;
        if (index == x_resolution || index == virtual_width) value = std::min(value, widest);
        values[index] = value;
    }

    std::array<std::uint16_t, count> values{0xb0c5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 256};
    std::uint16_t widest = UINT16_MAX;
    bool strict = true, unplugged = false;
};

constexpr std::uint64_t memory = 16 << 20;

TEST(ADisplayAdapter, shows_the_mode_that_it_is_told_and_says_so) {
    FakeAdapter adapter;
    EXPECT_FALSE(shown(adapter, memory)) << "off";
    ASSERT_TRUE(show(adapter, {1280, 720}));
    EXPECT_EQ(shown(adapter, memory), layout_for({1280, 720}));
    EXPECT_EQ(adapter.values,
              (std::array<std::uint16_t, 11>{0xb0c5, 1280, 720, 32, 0x41, 0, 1280, 720, 0, 0, 256}));
    ASSERT_TRUE(show(adapter, {800, 600}));
    EXPECT_EQ(shown(adapter, memory), layout_for({800, 600}));
}

TEST(ADisplayAdapter, that_does_not_take_a_mode_shows_what_it_did_before) {
    FakeAdapter adapter;
    adapter.widest = 1600;
    ASSERT_TRUE(show(adapter, {1024, 768}));
    auto before = adapter.values;
    EXPECT_FALSE(show(adapter, {1920, 1080}));
    EXPECT_EQ(adapter.values, before);
    adapter.values.fill(0xffff);
    adapter.unplugged = true;
    EXPECT_FALSE(show(adapter, {640, 480})) << "unplugged";
}

TEST(ADisplayAdapter, that_has_been_set_up_keeps_its_longer_rows) {
    FakeAdapter adapter;
    ASSERT_TRUE(show(adapter, {1000, 700}));
    adapter.values[DisplayRegisters::virtual_width] = 1024;
    EXPECT_EQ(shown(adapter, memory), layout_for({1000, 700}, 4096));
}

TEST(ADisplayAdapter, shows_nothing_known_where_its_registers_say_something_else) {
    struct {
        DisplayRegisters::Index index;
        std::uint16_t value;
    } const others[] = {{DisplayRegisters::enable, 0x40},       {DisplayRegisters::enable, 0x01},
                        {DisplayRegisters::bits_per_pixel, 16}, {DisplayRegisters::x_resolution, 0},
                        {DisplayRegisters::y_resolution, 0},    {DisplayRegisters::x_resolution, 0xffff},
                        {DisplayRegisters::virtual_width, 800}, {DisplayRegisters::virtual_width, 0xffff},
                        {DisplayRegisters::x_offset, 8},        {DisplayRegisters::y_offset, 1},
                        {DisplayRegisters::y_resolution, 16384}};
    for (const auto& [index, value] : others) {
        FakeAdapter adapter;
        ASSERT_TRUE(show(adapter, {1024, 768}));
        adapter.values[index] = value;
        EXPECT_FALSE(shown(adapter, memory)) << index << " is " << value;
    }
}

TEST(ADisplayAdapter, is_known_by_its_number_and_says_how_much_memory_it_has) {
    FakeAdapter adapter;
    EXPECT_TRUE(is_display_adapter(adapter));
    EXPECT_EQ(screen_memory(adapter), memory);
    for (std::uint16_t other : std::array<std::uint16_t, 4>{0, 0xffff, 0xb0c1, 0xb0d0}) {
        adapter.values[0] = other;
        EXPECT_FALSE(is_display_adapter(adapter)) << other;
    }
    for (std::uint16_t nothing : std::array<std::uint16_t, 2>{0, 0xffff}) {
        adapter.values[10] = nothing;
        EXPECT_FALSE(screen_memory(adapter)) << nothing;
    }
}

TEST(ADisplayAdapter, offers_the_usual_modes_that_fit) {
    EXPECT_TRUE(usual_modes(640 * 480 * 4 - 1).empty());
    EXPECT_EQ(usual_modes(640 * 480 * 4), (std::vector<Mode>{{640, 480}}));
    EXPECT_EQ(usual_modes(memory).back(), (Mode{2560, 1600}));
}

// Each register is one access of 16 bits at 0x500 + 2 * index of the resource.
TEST(MappedRegistersOf, an_adapter_are_where_qemu_has_them) {
    alignas(8) std::array<std::byte, MappedRegisters::end> resource{};
    MappedRegisters registers(resource);
    registers.write(DisplayRegisters::y_offset, 0x1234);
    EXPECT_EQ(resource[0x512], std::byte{0x34});
    EXPECT_EQ(resource[0x513], std::byte{0x12});
    resource[0x514] = std::byte{7};
    EXPECT_EQ(registers.read(DisplayRegisters::video_memory_64k), 7);
}

}  // namespace
}  // namespace hvfbd::uio
