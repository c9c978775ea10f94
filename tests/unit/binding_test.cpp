#include "binding_guest.h"

namespace hvfbd {
namespace {

namespace fs = std::filesystem;
using testing::FakeVmbus;
using testing::holds;

using Guest = testing::BindingGuest;

TEST_F(Guest, gives_the_device_to_programs) {
    const auto said = binding().bind({});
    EXPECT_EQ(driver(), "uio_hv_generic");
    EXPECT_EQ(guest.override_of(FakeVmbus::instance), "uio_hv_generic");
    EXPECT_TRUE(guest.knows_id());
    EXPECT_TRUE(fs::exists(guest.root() / "dev/uio0"));
    ASSERT_EQ(said.size(), 1U);
    EXPECT_TRUE(holds(said[0], "/dev/uio0")) << said[0];
    EXPECT_TRUE(holds(said[0], "hyperv_drm")) << said[0];
}

TEST_F(Guest, has_everything_back_after_release) {
    const auto before = everything_with_driver();
    bind();
    ASSERT_NE(guest.everything(), before);
    release();
    EXPECT_EQ(guest.everything(), before);
    EXPECT_FALSE(fs::exists(state()));
}

TEST_F(Guest, has_a_device_without_a_driver_back_as_it_was) {
    guest.remove_device(FakeVmbus::instance);
    guest.add_device(FakeVmbus::instance);
    const auto before = everything_with_driver();
    bind();
    EXPECT_EQ(driver(), "uio_hv_generic");
    release();
    EXPECT_EQ(guest.everything(), before);
}

TEST_F(Guest, gives_the_device_to_a_driver_that_was_loaded_too_late_for_it) {
    guest.remove_device(FakeVmbus::instance);
    guest.add_device(FakeVmbus::instance);
    bind();
    guest.add_matching_driver("hyperv_drm");
    release();
    EXPECT_EQ(driver(), "hyperv_drm");
}

TEST_F(Guest, keeps_an_override_and_an_id_that_were_there_before) {
    guest.put("sys/devices/" + std::string(FakeVmbus::instance) + "/driver_override", "hyperv_drm\n");
    guest.know_id();
    const auto before = everything_with_driver();
    bind();
    EXPECT_EQ(driver(), "uio_hv_generic");
    release();
    EXPECT_EQ(guest.override_of(FakeVmbus::instance), "hyperv_drm");
    EXPECT_TRUE(guest.knows_id());
    EXPECT_EQ(guest.everything(), before);
}

TEST_F(Guest, has_nothing_to_give_back_that_was_not_taken) {
    const auto before = guest.everything();
    release();
    EXPECT_EQ(guest.everything(), before);
    bind();
    release();
    const auto after = guest.everything();
    release();
    EXPECT_EQ(guest.everything(), after);
}

TEST_F(Guest, has_nothing_to_do_when_the_device_is_bound_already) {
    bind();
    const auto before = guest.everything();
    EXPECT_TRUE(holds(binding().bind({}).at(0), "already"));
    EXPECT_EQ(guest.everything(), before);
    release();
    EXPECT_EQ(driver(), "hyperv_drm");
}

TEST_F(Guest, keeps_a_device_that_somebody_else_bound) {
    guest.remove_device(FakeVmbus::instance);
    guest.add_device(FakeVmbus::instance, uio_driver);
    bind();
    EXPECT_FALSE(fs::exists(state()));
    release();
    EXPECT_EQ(driver(), "uio_hv_generic");
}

TEST_F(Guest, may_have_a_module_that_takes_the_device_as_it_is_loaded) {
    guest.remove_device(FakeVmbus::instance);
    guest.add_device(FakeVmbus::instance);
    guest.add_driver(uio_driver);
    guest.write(guest.sysfs() / "bus/vmbus/drivers/uio_hv_generic/new_id",
                std::string(synthetic_video_class));
    ASSERT_EQ(driver(), "uio_hv_generic");
    EXPECT_TRUE(holds(binding().bind({}).at(0), "already"));
}

TEST_F(Guest, keeps_the_firmwares_picture_unless_it_is_asked_for) {
    add_firmware();
    const auto said = binding().bind({});
    EXPECT_EQ(firmware_driver(), "simple-framebuffer");
    ASSERT_EQ(said.size(), 2U);
    EXPECT_TRUE(holds(said[1], "--take-firmware-framebuffer")) << said[1];
}

TEST_F(Guest, has_the_firmwares_picture_taken_also_when_the_device_is_bound_already) {
    add_firmware();
    bind();
    ASSERT_EQ(firmware_driver(), "simple-framebuffer");
    EXPECT_EQ(binding().bind({.take_firmware_framebuffer = true}).size(), 2U);
    EXPECT_EQ(firmware_driver(), "");
    release();
    EXPECT_EQ(firmware_driver(), "simple-framebuffer");
    EXPECT_EQ(driver(), "hyperv_drm");
}

TEST_F(Guest, has_the_firmwares_picture_taken_and_given_back_when_it_is_asked_for) {
    add_firmware();
    guest.add_device("efi-framebuffer.0", "", "platform");
    guest.add_device("serial8250", "serial8250", "platform");
    const auto before = everything_with_driver();
    EXPECT_EQ(binding().bind({.take_firmware_framebuffer = true}).size(), 1U);
    EXPECT_EQ(firmware_driver(), "");
    EXPECT_EQ(guest.driver_of("serial8250", "platform"), "serial8250");
    release();
    EXPECT_EQ(guest.everything(), before);
}

TEST_F(Guest, may_lose_the_device_while_it_is_bound) {
    bind();
    guest.remove_device(FakeVmbus::instance);
    EXPECT_TRUE(holds(binding().release().at(0), "is gone"));
    EXPECT_FALSE(guest.knows_id());
    EXPECT_FALSE(fs::exists(state()));
}

TEST_F(Guest, keeps_the_driver_that_somebody_bound_by_hand) {
    bind();
    guest.add_driver("hyperv_fb");
    guest.remove_device(FakeVmbus::instance);
    guest.add_device(FakeVmbus::instance, "hyperv_fb");
    release();
    EXPECT_EQ(driver(), "hyperv_fb");
}

TEST_F(Guest, says_who_has_the_device) {
    const auto status = [&] {
        std::string text;
        for (const auto& line : binding().status().lines) text += line + "\n";
        return text;
    };
    EXPECT_FALSE(binding().status().bound);
    EXPECT_TRUE(holds(status(), "driver          hyperv_drm\n")) << status();
    EXPECT_TRUE(holds(status(), "monitor bit     none\n")) << status();
    guest.set_monitor("12");
    bind();
    EXPECT_TRUE(binding().status().bound);
    EXPECT_TRUE(holds(status(), "node            /dev/uio0\n")) << status();
    EXPECT_TRUE(holds(status(), "monitor bit     12\n")) << status();
    EXPECT_TRUE(holds(status(), "bound by        hvfbd-bind; it was hyperv_drm's\n")) << status();
    fs::remove(state());
    EXPECT_TRUE(holds(status(), "bound by        somebody else\n")) << status();
}

}  // namespace
}  // namespace hvfbd
