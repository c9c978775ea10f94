#include "binding_guest.h"

namespace hvfbd {
namespace {

namespace fs = std::filesystem;
using testing::failure;
using testing::FakeVmbus;
using testing::holds;

using Guest = testing::BindingGuest;

TEST(Machine, that_is_no_guest_is_refused) {
    FakeVmbus machine;
    const auto sentence = failure([&] { Binding(machine.root(), machine).bind({}); });
    EXPECT_TRUE(holds(sentence, "not a Hyper-V guest")) << sentence;
    EXPECT_TRUE(holds(sentence, "modprobe hv_vmbus")) << sentence;
}

TEST_F(Guest, without_a_synthetic_video_device_is_refused) {
    guest.remove_device(FakeVmbus::instance);
    EXPECT_TRUE(holds(refusal(), "confidential"));
    EXPECT_TRUE(holds(refusal({.force = true}), "Type="));
}

TEST_F(Guest, whose_kernel_lacks_the_module_is_refused) {
    FakeVmbus other;
    other.add_device(FakeVmbus::instance, "hyperv_drm");
    const auto sentence = failure([&] { Binding(other.root(), other).bind({}); });
    EXPECT_TRUE(holds(sentence, "modprobe uio_hv_generic")) << sentence;
    EXPECT_EQ(other.driver_of(FakeVmbus::instance), "hyperv_drm");
}

TEST_F(Guest, with_an_old_kernel_is_refused_unless_its_channel_has_a_monitor_bit) {
    for (const char* old : {"6.9.12", "6.1.0-18-amd64", "5.10.0"}) {
        guest.put("proc/sys/kernel/osrelease", std::string(old) + "\n");
        const auto sentence = refusal();
        EXPECT_TRUE(holds(sentence, old) && holds(sentence, "6.10")) << sentence;
    }
    guest.set_monitor("3");
    bind();
    EXPECT_EQ(driver(), "uio_hv_generic");
}

TEST_F(Guest, with_a_new_kernel_needs_no_monitor_bit) {
    for (const char* recent : {"6.10.0", "6.18.0-rc1", "7.0.0"}) {
        guest.put("proc/sys/kernel/osrelease", std::string(recent) + "\n");
        bind();
        EXPECT_EQ(driver(), "uio_hv_generic") << recent;
        release();
    }
}

TEST_F(Guest, whose_kernel_is_locked_down_is_refused) {
    for (const char* mode : {"none [integrity] confidentiality", "none integrity [confidentiality]"}) {
        guest.put("sys/kernel/security/lockdown", std::string(mode) + "\n");
        const auto sentence = refusal();
        EXPECT_TRUE(holds(sentence, "locked down") && holds(sentence, "Secure Boot")) << sentence;
    }
    fs::remove(guest.sysfs() / "kernel/security/lockdown");
    bind();
    EXPECT_EQ(driver(), "uio_hv_generic");
}

TEST_F(Guest, can_be_forced_past_what_the_kernel_only_looks_like) {
    guest.put("proc/sys/kernel/osrelease", "6.1.0\n");
    guest.put("sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
    bind({.force = true});
    EXPECT_EQ(driver(), "uio_hv_generic");
}

TEST_F(Guest, is_as_before_when_the_kernel_refuses_the_channel_after_all) {
    const auto before = everything_with_driver();
    guest.refuse_probe_of(uio_driver, EOPNOTSUPP);
    const auto sentence = failure([&] { bind(); });
    EXPECT_TRUE(holds(sentence, "Linux 6.10") && holds(sentence, "as before")) << sentence;
    EXPECT_EQ(guest.everything(), before);
    EXPECT_FALSE(fs::exists(state()));
}

TEST_F(Guest, is_as_before_when_the_node_does_not_come) {
    const auto before = everything_with_driver();
    guest.make_no_nodes();
    EXPECT_TRUE(holds(failure([&] { bind(); }), "/dev/uio0"));
    EXPECT_EQ(guest.everything(), before);
}

TEST_F(Guest, is_as_before_whichever_write_fails) {
    add_firmware();
    const auto before = everything_with_driver();
    int writes = 0;
    for (;; ++writes) {
        guest.fail_after(writes, EIO);
        const auto sentence = failure([&] { bind({.take_firmware_framebuffer = true}); });
        if (!guest.failed()) break;
        EXPECT_TRUE(holds(sentence, "as before")) << writes << ": " << sentence;
        EXPECT_EQ(guest.everything(), before) << writes;
        EXPECT_FALSE(fs::exists(state())) << writes;
    }
    // The firmware's driver, override, id, the device's driver, bind.
    EXPECT_EQ(writes, 5);
}

TEST_F(Guest, is_as_before_after_release_wherever_bind_was_killed) {
    add_firmware();
    const auto before = everything_with_driver();
    for (const bool bound_again : {false, true})
        for (int writes = 0;; ++writes) {
            guest.kill_after(writes);
            bool killed = false;
            try {
                bind({.take_firmware_framebuffer = true});
            } catch (const FakeVmbus::Killed&) {
                killed = true;
            }
            guest.obey();
            if (bound_again) bind();
            release();
            EXPECT_EQ(guest.everything(), before) << writes;
            if (!killed) break;
        }
}

TEST_F(Guest, can_be_released_again_where_release_was_killed_or_failed) {
    add_firmware();
    const auto before = everything_with_driver();
    for (const int error : {0, EIO})
        for (int writes = 0;; ++writes) {
            bind({.take_firmware_framebuffer = true});
            guest.fail_after(writes, error);
            bool done = false;
            try {
                release();
                done = true;
            } catch (const FakeVmbus::Killed&) {
            } catch (const std::exception&) {
            }
            guest.obey();
            EXPECT_EQ(fs::exists(state()), !done) << writes;
            release();
            EXPECT_EQ(guest.everything(), before) << writes;
            if (done) break;
        }
}

TEST_F(Guest, can_be_released_when_the_driver_is_there_again) {
    bind();
    guest.remove_driver("hyperv_drm");
    EXPECT_TRUE(holds(failure([&] { release(); }), "hyperv_drm/bind"));
    EXPECT_EQ(driver(), "");
    guest.add_driver("hyperv_drm");
    release();
    EXPECT_EQ(driver(), "hyperv_drm");
}

TEST_F(Guest, says_when_the_file_of_what_was_is_damaged) {
    for (const char* text :
         {"", "something else\n", "hvfbd-binding 1\n", "hvfbd-binding 1\ndevice=../..\n",
          "hvfbd-binding 1\ndevice=a\ndriver=x/../../y\n", "hvfbd-binding 1\ndevice=a\nwhat=b\n",
          "hvfbd-binding 1\ndevice=a\nfirmware=b\n"}) {
        guest.put("run/hvfbd/binding", text);
        EXPECT_TRUE(holds(failure([&] { release(); }), "run/hvfbd/binding is damaged")) << text;
        EXPECT_EQ(driver(), "hyperv_drm");
    }
}

}  // namespace
}  // namespace hvfbd
