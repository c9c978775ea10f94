// The list of displays, as programs get it.
#include <cerrno>
#include <string>
#include <thread>

#include "bus_fixture.h"
#include "surface_fixture.h"

namespace hvfb {
namespace {

// One display of the answer: properties that the library does not know, and a surface beside it.
int append_display(sd_bus_message* reply, const char* name, unsigned modes) {
    const std::string path = std::string("/org/hvfbd/Framebuffer1/") + name;
    const std::string surface = path + "/surface1";
    int result = sd_bus_message_append(reply, "{oa{sa{sv}}}", surface.c_str(), 1,
                                       "org.hvfbd.Framebuffer1.Surface", 1, "Name", "s", "painter");
    const auto check = [&result](int next) { result = result < 0 ? result : next; };
    check(sd_bus_message_open_container(reply, 'e', "oa{sa{sv}}"));
    check(sd_bus_message_append(reply, "o", path.c_str()));
    check(sd_bus_message_open_container(reply, 'a', "{sa{sv}}"));
    check(sd_bus_message_append(reply, "{sa{sv}}", "org.freedesktop.DBus.Peer", 0));
    check(sd_bus_message_open_container(reply, 'e', "sa{sv}"));
    check(sd_bus_message_append(reply, "s", "org.hvfbd.Framebuffer1.Display"));
    check(sd_bus_message_open_container(reply, 'a', "{sv}"));
    check(sd_bus_message_append(reply, "{sv}{sv}{sv}{sv}{sv}{sv}{sv}", "Name", "s", name, "Later", "as", 1,
                                "x", "Width", "u", 1024, "Height", "u", 768, "Output", "s", "drm", "Format",
                                "u", HVFB_FORMAT_XRGB8888, "Visible", "b", 1));
    check(sd_bus_message_open_container(reply, 'e', "sv"));
    check(sd_bus_message_append(reply, "s", "Modes"));
    check(sd_bus_message_open_container(reply, 'v', "a(uu)"));
    check(sd_bus_message_open_container(reply, 'a', "(uu)"));
    for (unsigned i = 0; i < modes; ++i) check(sd_bus_message_append(reply, "(uu)", 1000 + i, 700 + i));
    for (int i = 0; i < 7; ++i) check(sd_bus_message_close_container(reply));
    return result;
}

int append_displays(sd_bus_message* reply) {
    int result = sd_bus_message_open_container(reply, 'a', "{oa{sa{sv}}}");
    for (const char* name : {"display10", "display2", "display0"})
        if (result >= 0) result = append_display(reply, name, name == std::string("display2") ? 300 : 0);
    return result < 0 ? result : sd_bus_message_close_container(reply);
}

hvfb_open_options on(const char* bus) {
    hvfb_open_options options = {};
    options.size = sizeof options;
    options.bus = bus;
    return options;
}

TEST(Displays, are_listed_in_order_with_their_modes_and_nobody_is_started_for_it) {
    SlowBus bus;
    bus.objects = append_displays;
    const hvfb_open_options options = on(bus.address());
    hvfb_display** displays = nullptr;
    ASSERT_EQ(hvfb_displays_list(&displays, &options), 3);
    EXPECT_FALSE(bus.would_have_started());
    const std::array names = {"display0", "display2", "display10"};
    for (std::size_t i = 0; i < names.size(); ++i) {
        const hvfb_display& display = *displays[i];
        EXPECT_STREQ(display.name, names[i]);
        EXPECT_STREQ(display.output, "drm");
        EXPECT_EQ(display.size, sizeof display);
        EXPECT_TRUE(display.width == 1024 && display.height == 768 && display.visible == 1);
        EXPECT_EQ(display.format, HVFB_FORMAT_XRGB8888);
        ASSERT_EQ(display.mode_count, i == 1 ? 300u : 0u);
        for (unsigned mode = 0; mode < display.mode_count; ++mode)
            ASSERT_TRUE(display.modes[mode].width == 1000 + mode && display.modes[mode].height == 700 + mode);
    }
    EXPECT_EQ(displays[3], nullptr);
    hvfb_displays_free(displays);
    hvfb_displays_free(nullptr);
}

TEST(Displays, of_an_answer_in_another_form_are_an_error) {
    for (const SlowBus::Fill fill :
         {SlowBus::Fill([](sd_bus_message* reply) { return sd_bus_message_append(reply, "s", "none"); }),
          SlowBus::Fill([](sd_bus_message* reply) {
              return sd_bus_message_append(reply, "a{oa{sa{sv}}}", 1, "/org/hvfbd/Framebuffer1/display0", 1,
                                           "org.hvfbd.Framebuffer1.Display", 2, "Name", "s", "display0",
                                           "Width", "s", "wide");
          })}) {
        SlowBus bus;
        bus.objects = fill;
        const hvfb_open_options options = on(bus.address());
        hvfb_display** displays = nullptr;
        EXPECT_EQ(hvfb_displays_list(&displays, &options), -EPROTO);
        EXPECT_EQ(displays, nullptr);
    }
}

TEST(Displays, that_the_daemon_does_not_tell_of_are_an_error_with_its_sentence) {
    SlowBus bus;
    bus.refuse_why = "not for you";
    std::array<char, 64> text = {};
    hvfb_open_options options = on(bus.address());
    options.message = text.data();
    options.message_size = text.size();
    std::thread answers([&] {
        EXPECT_TRUE(bus.asked());
        bus.answer("org.hvfbd.Framebuffer1.Error.AccessDenied");
    });
    hvfb_display** displays = nullptr;
    EXPECT_EQ(hvfb_displays_list(&displays, &options), -EACCES);
    answers.join();
    EXPECT_STREQ(text.data(), "not for you");
}

}  // namespace
}  // namespace hvfb
