// The UIO output's device comes and goes, also while a client draws: nothing that was drawn is lost.
#include "uio_output_fixture.h"

namespace hvfbd::testing {
namespace {

using namespace std::chrono_literals;

TEST_F(AUioScreen, that_is_not_there_is_hidden_and_shown_as_soon_as_it_is) {
    start({Mode{320, 200}, 0});
    EXPECT_FALSE(output->visible());
    EXPECT_TRUE(output->scanout().empty());
    EXPECT_EQ(observer.warnings.size(), 1u);
    EXPECT_THROW(output->set_mode({640, 480}), RequestError);
    open_client();
    draw(2, 2, 0x654321);
    dispatch_until([&] { return false; }, 50ms);
    EXPECT_EQ(observer.warnings.size(), 1u) << "said once";
    there_is(false);
    Mapping memory = FakeUioMachine::memory(machine.node("uio0"));
    EXPECT_TRUE(is_shown(memory, 2, 2, 0x654321)) << "what was drawn meanwhile too";
    EXPECT_TRUE(shows_front(memory));
}

TEST_F(AUioScreen, that_cannot_be_shown_on_says_why_until_it_can) {
    start({Mode{320, 200}, 0});
    EXPECT_EQ(display->problem(), observer.warnings.at(0));
    EXPECT_NE(display->problem().find("hidden until it is there"), std::string::npos);
    there_is(true);
    ASSERT_TRUE(dispatch_until([&] { return output->visible(); }));
    EXPECT_EQ(display->problem(), "");
    EXPECT_EQ(observer.problem, "");
    machine.unbind(slot, "uio0");
    ASSERT_TRUE(dispatch_until([&] { return !output->visible(); }));
    EXPECT_NE(observer.problem.find("hidden until it is"), std::string::npos) << observer.problem;
}

TEST_F(AUioScreen, whose_memory_is_too_small_says_so_and_what_to_set) {
    there_is(false, 4096);
    start({Mode{320, 200}, 0});
    EXPECT_NE(display->problem().find("set another Mode="), std::string::npos) << display->problem();
}

TEST_F(AUioScreen, that_is_not_there_wakes_nobody) {
    start({Mode{320, 200}, 0});
    dispatch_until([&] { return false; }, 100ms);
    auto dispatches = loop.dispatches();
    EXPECT_FALSE(loop.run_once(1500ms));
    EXPECT_EQ(loop.dispatches(), dispatches);
}

TEST_F(AUioScreen, that_is_shown_and_rests_wakes_nobody) {
    there_is(true);
    start({Mode{320, 200}, 0});
    dispatch_until([&] { return false; }, 100ms);
    auto dispatches = loop.dispatches();
    EXPECT_FALSE(loop.run_once(1500ms));
    EXPECT_EQ(loop.dispatches(), dispatches);
}

TEST_F(AUioScreen, that_goes_while_a_client_draws_comes_back_with_another_number) {
    there_is(true);
    start({Mode{320, 200}, 0});
    open_client();
    std::string name = "uio0";
    for (std::uint32_t round = 1; round <= 20; ++round) {
        Mapping memory = FakeUioMachine::memory(machine.node(name));
        draw(round, 7, 0x10000 + round);
        ASSERT_TRUE(is_shown(memory, round, 7, 0x10000 + round)) << round;
        machine.unbind(slot, name);
        draw(round, 8, 0x20000 + round);
        ASSERT_TRUE(dispatch_until([&] { return !output->visible(); })) << round;
        EXPECT_TRUE(output->scanout().empty());
        name = "uio" + std::to_string(round);
        machine.bind(slot, name, screen_bytes);
        Mapping back = FakeUioMachine::memory(machine.node(name));
        ASSERT_TRUE(is_shown(back, round, 8, 0x20000 + round)) << round;
        ASSERT_TRUE(dispatch_until([&] { return shows_front(back); })) << round;
    }
    EXPECT_EQ(observer.informations.size(), 21u);
}

// As when the driver is bound anew between two dispatches: the node is there each time one looks.
TEST_F(AUioScreen, that_goes_and_is_back_at_once_is_drawn_anew) {
    there_is(true);
    start({Mode{320, 200}, 0});
    open_client();
    Mapping old = FakeUioMachine::memory(machine.node("uio0"));
    draw(3, 3, 0x777777);
    ASSERT_TRUE(is_shown(old, 3, 3, 0x777777));
    machine.unbind(slot, "uio0");
    machine.bind(slot, "uio0", screen_bytes);
    Mapping back = FakeUioMachine::memory(machine.node("uio0"));
    EXPECT_TRUE(is_shown(back, 3, 3, 0x777777));
    EXPECT_TRUE(dispatch_until([&] { return shows_front(back); }));
    EXPECT_EQ(FakeUioMachine::reg(back, 1), 320) << "its registers were set anew";
}

TEST_F(AUioScreen, keeps_the_mode_that_was_set_when_the_device_comes_back) {
    there_is(true);
    start({Mode{320, 200}, 0});
    display->set_mode({640, 480}, loop.now());
    machine.unbind(slot, "uio0");
    ASSERT_TRUE(dispatch_until([&] { return !output->visible(); }));
    EXPECT_EQ(output->layout(), layout_for({640, 480}));
    machine.bind(slot, "uio0", screen_bytes);
    ASSERT_TRUE(dispatch_until([&] { return output->visible(); }));
    EXPECT_EQ(output->layout(), layout_for({640, 480}));
    machine.unbind(slot, "uio0");
    machine.bind(slot, "uio0", 512 << 10);
    ASSERT_TRUE(dispatch_until([&] { return output->visible() && output->layout().width == 320; }))
        << "unless it has become too small";
    EXPECT_TRUE(warned_of("does not take 640x480"));
}

// Its number is another's now, whose memory is not to be drawn on.
TEST_F(AUioScreen, whose_number_another_device_has_is_not_drawn_on_that) {
    there_is(false);
    start({Mode{320, 200}, 0});
    open_client();
    machine.unbind(slot, "uio0");
    machine.plug(other_slot, false);
    machine.bind(other_slot, "uio0", screen_bytes);
    Mapping others = FakeUioMachine::memory(machine.node("uio0"));
    draw(3, 3, 0x777777);
    ASSERT_TRUE(dispatch_until([&] { return !output->visible(); }));
    dispatch_until([&] { return false; }, 50ms);
    EXPECT_EQ(FakeUioMachine::pixel(others, output->layout().offset(3, 3)), 0u);
    EXPECT_TRUE(warned_of("another device"));
    machine.bind(slot, "uio1", screen_bytes);
    Mapping own = FakeUioMachine::memory(machine.node("uio1"));
    EXPECT_TRUE(is_shown(own, 3, 3, 0x777777));
    EXPECT_EQ(FakeUioMachine::pixel(others, output->layout().offset(3, 3)), 0u);
}

TEST_F(AUioScreen, is_left_alone_once_its_driver_has_let_go_even_in_the_same_dispatch) {
    there_is(false);
    start({Mode{320, 200}, 0});
    Mapping memory = FakeUioMachine::memory(machine.node("uio0"));
    machine.unbind(slot, "uio0");
    std::vector<Rectangle> one{{0, 0, 1, 1}};
    EXPECT_EQ(output->present(one), Output::Presented::done);
    EXPECT_FALSE(output->visible()) << "found by the present itself";
    EXPECT_TRUE(output->scanout().empty());
}

// The kernel makes the node first, then the maps; and udev gives rights to it last.
TEST_F(AUioScreen, whose_node_comes_before_its_maps_is_shown_without_a_word) {
    start({Mode{320, 200}, 0});
    std::size_t said = observer.warnings.size();
    machine.plug(slot, false);
    std::filesystem::remove(machine.device(slot) / "resource");
    machine.bind(slot, "uio0", screen_bytes);
    std::filesystem::rename(machine.device(slot) / "uio/uio0/maps", machine.device(slot) / "uio/uio0/later");
    dispatch_until([&] { return false; }, 60ms);
    EXPECT_FALSE(output->visible());
    std::filesystem::rename(machine.device(slot) / "uio/uio0/later", machine.device(slot) / "uio/uio0/maps");
    EXPECT_TRUE(dispatch_until([&] { return output->visible(); }));
    EXPECT_EQ(observer.warnings.size(), said);
}

}  // namespace
}  // namespace hvfbd::testing
