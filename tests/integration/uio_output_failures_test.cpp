// What is in the way of a UIO screen: a device that cannot be used as it is, a machine that sleeps.
#include <sys/stat.h>

#include "uio_output_fixture.h"

namespace hvfbd::testing {
namespace {

using namespace std::chrono_literals;
using uio::KernelScreenPort;
using uio::UioOutput;

// What is wrong with the device as it is: hidden, said once, in words that help, and right once it is mended.
class AUioScreenOf : public AUioScreen {
  protected:
    void is_refused_for(const std::string& reason) {
        EXPECT_FALSE(output->visible());
        EXPECT_TRUE(dispatch_until([&] { return warned_of(reason); }))
            << (observer.warnings.empty() ? "nothing was said" : observer.warnings.back());
        std::size_t said = observer.warnings.size();
        dispatch_until([&] { return false; }, 700ms);
        EXPECT_EQ(observer.warnings.size(), said);
        EXPECT_EQ(said, 1u);
    }
};

TEST_F(AUioScreenOf, too_little_memory_says_how_much_there_should_be) {
    there_is(false, 64 << 10);
    start({Mode{320, 200}, 2048});
    is_refused_for("needs 409600");
    machine.unbind(slot, "uio0");
    machine.bind(slot, "uio0", 1 << 20);
    EXPECT_TRUE(dispatch_until([&] { return output->visible(); }));
}

TEST_F(AUioScreenOf, too_little_memory_for_any_mode_of_the_registers_says_so) {
    there_is(true, 64 << 10);
    start({});
    is_refused_for("does not take 1024x768");
}

TEST_F(AUioScreenOf, unknown_geometry_is_not_guessed_at) {
    there_is(false);
    start({});
    is_refused_for("set Mode=");
}

TEST_F(AUioScreenOf, a_map_that_is_not_there_says_which) {
    there_is(false);
    start({Mode{320, 200}, 0}, "/dev/uio0", "vram");
    is_refused_for("has no map \"vram\"");
}

TEST_F(AUioScreenOf, garbage_in_sysfs_says_what_it_read) {
    for (const char* garbage :
         {"", "-1", "zz", "0x0", "0xffffffffffffffff", "0x1 0x2", "99999999999999999999", "\x01\xff\n"}) {
        FakeUioMachine spoilt;
        spoilt.plug(slot, true);
        spoilt.bind(slot, "uio0", screen_bytes);
        spoilt.write(spoilt.map(slot, "uio0", 2) / "size", garbage);
        KernelScreenPort port("uio0", "", 0, spoilt.folders());
        EXPECT_THROW(port.open(), std::runtime_error) << garbage;
        spoilt.write(spoilt.map(slot, "uio0", 2) / "size", "0x400000\n");
        spoilt.write(spoilt.map(slot, "uio0", 2) / "offset", "0x400000\n");
        EXPECT_THROW(port.open(), std::runtime_error) << "nothing behind the offset";
        spoilt.write(spoilt.map(slot, "uio0", 2) / "offset", "0x3\n");
        EXPECT_THROW(port.open(), std::runtime_error) << "no pixel begins there";
        spoilt.write(spoilt.map(slot, "uio0", 2) / "offset", "0x0\n");
        EXPECT_EQ(port.open()->memory.bytes.size(), screen_bytes);
    }
    there_is(false);
    machine.write(machine.map(slot, "uio0", 2) / "size", "plenty\n");
    start({Mode{320, 200}, 0});
    is_refused_for("plenty");
}

// A fifo cannot be mapped, as a map that is smaller than a page cannot be, or a resource that a driver has.
TEST_F(AUioScreenOf, a_device_that_cannot_be_mapped_says_so_and_is_shown_when_it_can) {
    there_is(false);
    std::filesystem::remove(machine.node("uio0"));
    ASSERT_EQ(::mkfifo(machine.node("uio0").c_str(), 0600), 0);
    start({Mode{320, 200}, 0});
    is_refused_for("map ");
    machine.unbind(slot, "uio0");
    machine.bind(slot, "uio0", screen_bytes);
    EXPECT_TRUE(dispatch_until([&] { return output->visible(); }));
}

TEST_F(AUioScreenOf, a_machine_that_sleeps_is_hidden_and_set_up_anew_when_it_wakes) {
    there_is(true);
    start({Mode{320, 200}, 0});
    Mapping memory = FakeUioMachine::memory(machine.node("uio0"));
    display->suspend(loop.now());
    EXPECT_FALSE(output->visible());
    for (unsigned i = 1; i < 10; ++i) FakeUioMachine::set_reg(memory, i, 0);
    machine.write(machine.node("other"), "");  // the folder changes meanwhile
    dispatch_until([&] { return false; }, 50ms);
    EXPECT_FALSE(output->visible());
    display->resume(loop.now());
    EXPECT_TRUE(output->visible());
    EXPECT_EQ(FakeUioMachine::reg(memory, 1), 320);
}

// Another driver takes the memory, and the node stays as it is: cutting the file off does the same to its
// mapping.
TEST_F(AUioScreenOf, memory_that_is_taken_away_before_it_is_stored_into_is_left_and_found_again) {
    there_is(false);
    start({Mode{320, 200}, 0});
    open_client();
    draw(1, 1, 0x111111);
    ASSERT_TRUE(is_shown(FakeUioMachine::memory(machine.node("uio0")), 1, 1, 0x111111));
    std::filesystem::resize_file(machine.node("uio0"), 0);
    draw(2, 2, 0x222222);
    ASSERT_TRUE(dispatch_until([&] { return !output->visible(); }));
    EXPECT_TRUE(warned_of("has gone"));
    // It is mapped again and lost again, more and more seldom.
    auto dispatches = loop.dispatches();
    dispatch_until([&] { return false; }, 100ms);
    EXPECT_LT(loop.dispatches() - dispatches, 100u);
    machine.unbind(slot, "uio0");
    machine.bind(slot, "uio0", screen_bytes);
    Mapping memory = FakeUioMachine::memory(machine.node("uio0"));
    EXPECT_TRUE(dispatch_until([&] { return output->visible() && shows_front(memory); }));
    EXPECT_TRUE(is_shown(memory, 2, 2, 0x222222));
}

TEST_F(AUioScreenOf, a_driver_that_has_let_go_is_not_stored_into) {
    there_is(false);
    start({Mode{320, 200}, 0});
    Mapping memory = FakeUioMachine::memory(machine.node("uio0"));
    machine.unbind(slot, "uio0");
    std::ranges::fill(memory.bytes(), std::byte{0x5a});
    display->refresh(loop.now());
    display->update(loop.now());
    EXPECT_EQ(FakeUioMachine::pixel(memory, 0), 0x5a5a5a5au);
    EXPECT_FALSE(output->visible());
}

// Without inotify the device is looked for from time to time.
TEST_F(AUioScreenOf, a_folder_that_cannot_be_watched_is_checked_from_time_to_time) {
    output = std::make_unique<UioOutput>(loop,
                                         std::make_unique<KernelScreenPort>("uio0", "", 0, machine.folders()),
                                         "/nowhere", UioOutput::Options{Mode{320, 200}, 0});
    EXPECT_FALSE(output->visible());
    there_is(false);
    EXPECT_TRUE(dispatch_until([&] { return output->visible(); }));
}

}  // namespace
}  // namespace hvfbd::testing
