// The daemon on the UIO output, with folders that behave like /sys and /dev: what is on the screen is read
// from the device's memory, past the daemon.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <functional>

#include "fakes/fake_uio_machine.h"
#include "output/uio/uio_output.h"
#include "pipeline.h"
#include "raw_client.h"

namespace hvfbd::testing {
namespace {

using namespace std::chrono_literals;
using uio::KernelScreenPort;
using uio::UioOutput;

const std::string slot = "0000:00:10.0", other_slot = "0000:00:11.0";
constexpr std::size_t screen_bytes = 4 << 20;

struct Sentences : Report {
    void output_said(bool warning, std::string_view sentence) override {
        (warning ? warnings : informations).emplace_back(sentence);
    }
    void visibility_changed(bool) override { ++changes; }
    std::vector<std::string> warnings, informations;
    unsigned changes = 0;
};

class AUioScreen : public ::testing::Test {
  protected:
    void start(UioOutput::Options options, const std::string& uio = "/dev/uio0",
               const std::string& framebuffer = "", std::uint64_t size = 0) {
        output = std::make_unique<UioOutput>(
            loop, std::make_unique<KernelScreenPort>(uio, framebuffer, size, machine.folders()),
            machine.folders().devices, options);
        Tuning tuning;
        tuning.settle_delay = 200us;
        tuning.refresh_limit = 0;
        pipeline.emplace(loop, *output, tuning, report);
        loop.after_turn([this](Time now) { pipeline->update(now); });
        pipeline->update(loop.now());
    }
    void there_is(bool registers, std::size_t bytes = screen_bytes, const std::string& name = "uio0") {
        machine.plug(slot, registers);
        machine.bind(slot, name, bytes);
    }
    ~AUioScreen() override { loop.after_turn({}); }

    bool turn_until(const std::function<bool()>& condition, Duration within = 5s) {
        Time end = clock_now() + within;
        while (!condition()) {
            Time now = clock_now();
            if (now >= end) return false;
            loop.run_once(end - now);
        }
        return true;
    }
    RawClient& open_client() {
        client.emplace(
            pipeline->open_surface({"test", true, false}, Client{":1.1", 1000, 1, {}}, loop.now()));
        client->hello(0);
        return *client;
    }
    void draw(std::uint32_t x, std::uint32_t y, std::uint32_t colour) {
        client->pixel(x, y) = colour;
        client->damaged(
            {static_cast<int>(x), static_cast<int>(y), static_cast<int>(x) + 1, static_cast<int>(y) + 1});
    }
    bool is_shown(const Mapping& memory, std::uint32_t x, std::uint32_t y, std::uint32_t colour) {
        return turn_until(
            [&] { return FakeUioMachine::pixel(memory, output->layout().offset(x, y)) == colour; });
    }
    bool warned_of(const std::string& part) const {
        return std::any_of(report.warnings.begin(), report.warnings.end(), [&](const std::string& sentence) {
            return sentence.find(part) != std::string::npos;
        });
    }
    // Every visible pixel in the device equals front's.
    bool shows_front(const Mapping& memory) const {
        const Layout& layout = pipeline->layout();
        for (std::uint32_t y = 0; y < layout.height; ++y)
            if (std::memcmp(pipeline->front().bytes().data() + layout.offset(0, y),
                            memory.bytes().data() + 2 * page_size() + layout.offset(0, y),
                            std::size_t{layout.width} * bytes_per_pixel) != 0)
                return false;
        return true;
    }

    FakeUioMachine machine;
    EventLoop loop;
    Sentences report;
    std::unique_ptr<UioOutput> output;
    std::optional<Pipeline> pipeline;
    std::optional<RawClient> client;
};

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
    } catch (const Refusal& refusal) {
        EXPECT_EQ(refusal.kind(), Refusal::Kind::not_supported);
        EXPECT_NE(std::string(refusal.what()).find("Mode="), std::string::npos);
    }
    Mapping memory = FakeUioMachine::memory(machine.node("uio0"));
    open_client();
    draw(5, 3, 0x123456);
    EXPECT_TRUE(is_shown(memory, 5, 3, 0x123456));
    EXPECT_EQ(FakeUioMachine::pixel(memory, 3 * 2048 + 5 * 4), 0x123456u);
    EXPECT_TRUE(shows_front(memory));
    EXPECT_TRUE(report.warnings.empty());
    EXPECT_EQ(report.informations.size(), 1u);
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
    pipeline.reset();
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
    pipeline->set_mode({640, 480}, loop.now());
    pipeline->update(loop.now());
    EXPECT_EQ(FakeUioMachine::reg(memory, 6), 640);
    EXPECT_EQ(pipeline->layout(), layout_for({640, 480}));
    EXPECT_TRUE(turn_until([&] { return shows_front(memory); }));
    // The old buffer is shown, clipped, until the client has the new one.
    EXPECT_TRUE(is_shown(memory, 1, 1, 0x112233));
    for (Mode mode : {Mode{1280, 1024}, Mode{16384, 16384}, Mode{0, 5}})
        EXPECT_THROW(output->set_mode(mode), Refusal) << "more than its memory, or no picture";
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
        EXPECT_THROW(KernelScreenPort(uio, framebuffer, size, {}), Refusal) << uio << " " << framebuffer;
}

// ---- what goes wrong

TEST_F(AUioScreen, that_is_not_there_is_hidden_and_shown_as_soon_as_it_is) {
    start({Mode{320, 200}, 0});
    EXPECT_FALSE(output->visible());
    EXPECT_TRUE(output->scanout().empty());
    EXPECT_EQ(report.warnings.size(), 1u);
    EXPECT_THROW(output->set_mode({640, 480}), Refusal);
    open_client();
    draw(2, 2, 0x654321);
    turn_until([&] { return false; }, 50ms);
    EXPECT_EQ(report.warnings.size(), 1u) << "said once";
    there_is(false);
    Mapping memory = FakeUioMachine::memory(machine.node("uio0"));
    EXPECT_TRUE(is_shown(memory, 2, 2, 0x654321)) << "what was drawn meanwhile too";
    EXPECT_TRUE(shows_front(memory));
}

TEST_F(AUioScreen, that_is_not_there_wakes_nobody) {
    start({Mode{320, 200}, 0});
    turn_until([&] { return false; }, 100ms);
    auto turns = loop.turns();
    EXPECT_FALSE(loop.run_once(1500ms));
    EXPECT_EQ(loop.turns(), turns);
}

TEST_F(AUioScreen, that_is_shown_and_rests_wakes_nobody) {
    there_is(true);
    start({Mode{320, 200}, 0});
    turn_until([&] { return false; }, 100ms);
    auto turns = loop.turns();
    EXPECT_FALSE(loop.run_once(1500ms));
    EXPECT_EQ(loop.turns(), turns);
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
        ASSERT_TRUE(turn_until([&] { return !output->visible(); })) << round;
        EXPECT_TRUE(output->scanout().empty());
        name = "uio" + std::to_string(round);
        machine.bind(slot, name, screen_bytes);
        Mapping back = FakeUioMachine::memory(machine.node(name));
        ASSERT_TRUE(is_shown(back, round, 8, 0x20000 + round)) << round;
        ASSERT_TRUE(turn_until([&] { return shows_front(back); })) << round;
    }
    EXPECT_EQ(report.informations.size(), 21u);
}

// As when the driver is bound anew between two turns: the node is there each time one looks.
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
    EXPECT_TRUE(turn_until([&] { return shows_front(back); }));
    EXPECT_EQ(FakeUioMachine::reg(back, 1), 320) << "its registers were set anew";
}

TEST_F(AUioScreen, keeps_the_mode_that_was_set_when_the_device_comes_back) {
    there_is(true);
    start({Mode{320, 200}, 0});
    pipeline->set_mode({640, 480}, loop.now());
    machine.unbind(slot, "uio0");
    ASSERT_TRUE(turn_until([&] { return !output->visible(); }));
    EXPECT_EQ(output->layout(), layout_for({640, 480}));
    machine.bind(slot, "uio0", screen_bytes);
    ASSERT_TRUE(turn_until([&] { return output->visible(); }));
    EXPECT_EQ(output->layout(), layout_for({640, 480}));
    machine.unbind(slot, "uio0");
    machine.bind(slot, "uio0", 512 << 10);
    ASSERT_TRUE(turn_until([&] { return output->visible() && output->layout().width == 320; }))
        << "unless it has become too small";
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
    ASSERT_TRUE(turn_until([&] { return !output->visible(); }));
    turn_until([&] { return false; }, 50ms);
    EXPECT_EQ(FakeUioMachine::pixel(others, output->layout().offset(3, 3)), 0u);
    EXPECT_TRUE(warned_of("another device"));
    machine.bind(slot, "uio1", screen_bytes);
    Mapping own = FakeUioMachine::memory(machine.node("uio1"));
    EXPECT_TRUE(is_shown(own, 3, 3, 0x777777));
    EXPECT_EQ(FakeUioMachine::pixel(others, output->layout().offset(3, 3)), 0u);
}

TEST_F(AUioScreen, is_left_alone_once_its_driver_has_let_go_even_in_the_same_turn) {
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
    std::size_t said = report.warnings.size();
    machine.plug(slot, false);
    std::filesystem::remove(machine.device(slot) / "resource");
    machine.bind(slot, "uio0", screen_bytes);
    std::filesystem::rename(machine.device(slot) / "uio/uio0/maps", machine.device(slot) / "uio/uio0/later");
    turn_until([&] { return false; }, 60ms);
    EXPECT_FALSE(output->visible());
    std::filesystem::rename(machine.device(slot) / "uio/uio0/later", machine.device(slot) / "uio/uio0/maps");
    EXPECT_TRUE(turn_until([&] { return output->visible(); }));
    EXPECT_EQ(report.warnings.size(), said);
}

// What is wrong with the device as it is: hidden, said once, in words that help, and right once it is mended.
class AUioScreenOf : public AUioScreen {
  protected:
    void is_refused_for(const std::string& reason) {
        EXPECT_FALSE(output->visible());
        EXPECT_TRUE(turn_until([&] { return warned_of(reason); }))
            << (report.warnings.empty() ? "nothing was said" : report.warnings.back());
        std::size_t said = report.warnings.size();
        turn_until([&] { return false; }, 700ms);
        EXPECT_EQ(report.warnings.size(), said);
        EXPECT_EQ(said, 1u);
    }
};

TEST_F(AUioScreenOf, too_little_memory_says_how_much_there_should_be) {
    there_is(false, 64 << 10);
    start({Mode{320, 200}, 2048});
    is_refused_for("needs 409600");
    machine.unbind(slot, "uio0");
    machine.bind(slot, "uio0", 1 << 20);
    EXPECT_TRUE(turn_until([&] { return output->visible(); }));
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
    EXPECT_TRUE(turn_until([&] { return output->visible(); }));
}

TEST_F(AUioScreenOf, a_machine_that_sleeps_is_hidden_and_set_up_anew_when_it_wakes) {
    there_is(true);
    start({Mode{320, 200}, 0});
    Mapping memory = FakeUioMachine::memory(machine.node("uio0"));
    pipeline->suspend(loop.now());
    EXPECT_FALSE(output->visible());
    for (unsigned i = 1; i < 10; ++i) FakeUioMachine::set_reg(memory, i, 0);
    machine.write(machine.node("other"), "");  // the folder changes meanwhile
    turn_until([&] { return false; }, 50ms);
    EXPECT_FALSE(output->visible());
    pipeline->resume(loop.now());
    EXPECT_TRUE(output->visible());
    EXPECT_EQ(FakeUioMachine::reg(memory, 1), 320);
}

// Without inotify the device is looked for from time to time.
TEST_F(AUioScreenOf, a_folder_that_cannot_be_watched_is_looked_at_from_time_to_time) {
    output = std::make_unique<UioOutput>(loop,
                                         std::make_unique<KernelScreenPort>("uio0", "", 0, machine.folders()),
                                         "/nowhere", UioOutput::Options{Mode{320, 200}, 0});
    EXPECT_FALSE(output->visible());
    there_is(false);
    EXPECT_TRUE(turn_until([&] { return output->visible(); }));
}

}  // namespace
}  // namespace hvfbd::testing
