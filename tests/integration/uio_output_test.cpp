// The UIO output's screen: where it is, and which geometry it has.
#include "uio_output_fixture.h"

namespace hvfbd::testing {
namespace {

using uio::KernelScreenPort;

// ---- geometry

TEST_F(AUioScreen, without_registers_has_the_configurations_geometry_and_no_other) {
    there_is(false);
    start({Mode{320, 200}, 2048});
    EXPECT_TRUE(output->visible());
    EXPECT_EQ(output->layout(), layout_for({320, 200}, 2048));
    EXPECT_EQ(output->modes(), (std::vector<Mode>{{320, 200}}));
    output->set_mode({320, 200});
    try {
        output->set_mode({640, 480});
        FAIL();
    } catch (const RequestError& refused) {
        EXPECT_EQ(refused.kind(), RequestError::Kind::not_supported);
        EXPECT_NE(std::string(refused.what()).find("Mode="), std::string::npos);
    }
    Mapping memory = FakeUioMachine::memory(machine.node("uio0"));
    open_client();
    draw(5, 3, 0x123456);
    EXPECT_TRUE(is_shown(memory, 5, 3, 0x123456));
    EXPECT_EQ(FakeUioMachine::pixel(memory, 3 * 2048 + 5 * 4), 0x123456u);
    EXPECT_TRUE(shows_front(memory));
    EXPECT_TRUE(observer.warnings.empty());
    EXPECT_EQ(observer.informations.size(), 1u);
}

TEST_F(AUioScreen, with_registers_takes_the_mode_that_is_shown) {
    there_is(true);
    Mapping memory = FakeUioMachine::memory(machine.node("uio0"));
    std::uint16_t values[] = {640, 400, 32, 0x41, 0, 704, 400};
    for (unsigned i = 0; i < 7; ++i) FakeUioMachine::set_reg(memory, i + 1, values[i]);
    start({});
    EXPECT_EQ(output->layout(), layout_for({640, 400}, 704 * 4));
    EXPECT_EQ(output->modes().front(), (Mode{640, 400}));
    open_client();
    draw(639, 399, 0xaabbcc);
    EXPECT_TRUE(is_shown(memory, 639, 399, 0xaabbcc));
}

TEST_F(AUioScreen, with_registers_is_set_to_the_configurations_mode_or_the_usual_one) {
    there_is(true);
    Mapping memory = FakeUioMachine::memory(machine.node("uio0"));
    start({Mode{800, 600}, 0});
    EXPECT_EQ(FakeUioMachine::reg(memory, 1), 800);
    EXPECT_EQ(FakeUioMachine::reg(memory, 4), 0x41);
    FakeUioMachine::set_reg(memory, 4, 0);
    display.reset();
    start({});
    EXPECT_EQ(output->layout(), layout_for({1024, 768}));
    EXPECT_EQ(FakeUioMachine::reg(memory, 2), 768);
}

TEST_F(AUioScreen, with_registers_changes_its_mode_while_a_client_draws) {
    there_is(true);
    Mapping memory = FakeUioMachine::memory(machine.node("uio0"));
    start({Mode{320, 200}, 0});
    open_client();
    draw(1, 1, 0x112233);
    ASSERT_TRUE(is_shown(memory, 1, 1, 0x112233));
    display->set_mode({640, 480}, loop.now());
    display->update(loop.now());
    EXPECT_EQ(FakeUioMachine::reg(memory, 6), 640);
    EXPECT_EQ(display->layout(), layout_for({640, 480}));
    EXPECT_TRUE(dispatch_until([&] { return shows_front(memory); }));
    // The old buffer is shown, clipped, until the client has the new one.
    EXPECT_TRUE(is_shown(memory, 1, 1, 0x112233));
    for (Mode mode : {Mode{1280, 1024}, Mode{16384, 16384}, Mode{0, 5}})
        EXPECT_THROW(output->set_mode(mode), RequestError) << "more than its memory, or no picture";
    EXPECT_EQ(FakeUioMachine::reg(memory, 1), 640);
    EXPECT_EQ(output->modes(),
              (std::vector<Mode>{{320, 200}, {640, 480}, {800, 600}, {1024, 768}, {1280, 720}, {1280, 800}}));
}

TEST_F(AUioScreen, reads_no_register_of_a_device_that_is_no_display_adapter) {
    there_is(false);
    Mapping memory = FakeUioMachine::memory(machine.node("uio0"));
    FakeUioMachine::set_reg(memory, 0, 0xb0c5);  // chance, or a trap
    start({Mode{320, 200}, 0});
    EXPECT_EQ(output->modes().size(), 1u);
    EXPECT_EQ(FakeUioMachine::reg(memory, 4), 0);
}

TEST_F(AUioScreen, whose_registers_do_not_answer_has_the_configurations_geometry) {
    there_is(true);
    Mapping memory = FakeUioMachine::memory(machine.node("uio0"));
    FakeUioMachine::set_reg(memory, 0, 0xffff);
    start({Mode{320, 200}, 0});
    EXPECT_TRUE(output->visible());
    EXPECT_EQ(output->modes().size(), 1u);
}

// ---- where it is

TEST_F(AUioScreen, is_found_by_its_slot_by_a_link_and_its_map_by_name_or_number) {
    machine.plug(slot, false);
    machine.bind(slot, "uio5", screen_bytes, "vram");
    std::filesystem::create_symlink("uio5", machine.node("screen"));
    Mapping memory = FakeUioMachine::memory(machine.node("uio5"));
    struct {
        const char *uio, *framebuffer;
    } const ways[] = {{"pci:0000:00:10.0", "vram"}, {"/dev/screen", "map2"}, {"uio5", "vram"},
                      {"/dev/uio5", "map2"},        {"", "uio:uio5/map2"},   {"", "uio:/dev/uio5/vram"}};
    std::byte value{1};
    for (const auto& [uio, framebuffer] : ways) {
        KernelScreenPort port(uio, framebuffer, 0, machine.folders());
        auto screen = port.open();
        ASSERT_EQ(screen->memory.bytes.size(), screen_bytes) << uio << " " << framebuffer;
        screen->memory.bytes[0] = value;
        EXPECT_EQ(memory.bytes()[2 * page_size()], value) << uio << " " << framebuffer;
        value = static_cast<std::byte>(std::to_integer<int>(value) + 1);
        EXPECT_TRUE(port.shows_in_devices());
    }
    EXPECT_EQ(KernelScreenPort("uio5", "vram", 1 << 20, machine.folders()).open()->memory.bytes.size(),
              1u << 20);
}

TEST_F(AUioScreen, is_the_resource_of_a_device_whose_driver_has_no_maps) {
    there_is(true);
    std::filesystem::remove_all(machine.device(slot) / "uio/uio0/maps");
    machine.write(machine.device(slot) / "resource0", std::string(screen_bytes, '\0'));
    std::string registers(page_size(), '\0');
    registers[0x500] = '\xc5';
    registers[0x501] = '\xb0';
    machine.write(machine.device(slot) / "resource2", registers);
    machine.write(machine.device(slot) / "resource",
                  "0xfd000000 0xfd3fffff 0x0\n0x0 0x0 0x0\n0xfebf0000 0xfebf0fff 0x0\n");
    for (bool by_node : {true, false}) {
        KernelScreenPort port(by_node ? "/dev/uio0" : "", by_node ? "" : "pci:0000:00:10.0/resource0", 0,
                              machine.folders());
        auto screen = port.open();
        EXPECT_EQ(screen->memory.bytes.size(), screen_bytes);
        EXPECT_TRUE(screen->registers) << "its third resource";
        EXPECT_EQ(port.shows_in_devices(), by_node);
        EXPECT_TRUE(screen->attached());
    }
    machine.unplug(slot);
    KernelScreenPort port("", "pci:0000:00:10.0/resource0", 0, machine.folders());
    EXPECT_THROW(port.open(), uio::ScreenPort::NotThere);
}

TEST(AUioScreenIs, refused_where_the_configuration_names_none) {
    struct {
        const char *uio, *framebuffer;
        std::uint64_t size;
    } const wrong[] = {{"", "", 0},
                       {"", "map0", 0},
                       {"uio0", "pci:0000:00:10.0/resource0", 0},
                       {"uio0", "uio:x/y", 0},
                       {"/etc/passwd", "", 0},
                       {"/dev/../etc", "", 0},
                       {"..", "", 0},
                       {"pci:", "", 0},
                       {"pci:../x", "", 0},
                       {"uio0", "a/b", 0},
                       {"uio0", "pci:x", 0},
                       {"", "mem:0x1001+4096", 0},
                       {"", "pci:../resource0", 0},
                       {"uio0", "", 100}};
    for (const auto& [uio, framebuffer, size] : wrong)
        EXPECT_THROW(KernelScreenPort(uio, framebuffer, size, {}), RequestError) << uio << " " << framebuffer;
}

}  // namespace
}  // namespace hvfbd::testing
