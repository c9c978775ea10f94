#include "devices/vmbus_devices.h"

#include <gtest/gtest.h>

#include "fake_vmbus.h"

namespace hvfbd {
namespace {

using testing::FakeVmbus;
constexpr const char* network_class = "{f8615163-df3e-46c5-913f-f2d2f965ed0e}";

TEST(SyntheticVideo, is_not_found_where_there_is_no_vmbus) {
    FakeVmbus guest;
    EXPECT_TRUE(find_synthetic_video(guest.sysfs()).empty());
    EXPECT_TRUE(find_synthetic_video("/nonexistent").empty());
}

TEST(SyntheticVideo, is_found_by_its_class_among_other_devices) {
    FakeVmbus guest;
    guest.add_device("f8b3781a-1e82-4818-a1c3-63d806ec15bb", "hv_netvsc", "vmbus", network_class);
    guest.add_device(FakeVmbus::instance, "hyperv_drm");
    const auto found = find_synthetic_video(guest.sysfs());
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].instance, FakeVmbus::instance);
    EXPECT_EQ(found[0].folder, guest.sysfs() / "bus/vmbus/devices" / FakeVmbus::instance);
    EXPECT_EQ(found[0].driver, "hyperv_drm");
    EXPECT_EQ(found[0].uio, std::nullopt);
}

TEST(SyntheticVideo, is_found_however_its_class_is_spelled) {
    for (const char* class_id :
         {"{da0a7802-e377-4aac-8e77-0558eb1073f8}", "da0a7802-e377-4aac-8e77-0558eb1073f8",
          "{DA0A7802-E377-4AAC-8E77-0558EB1073F8}"}) {
        FakeVmbus guest;
        guest.add_device(FakeVmbus::instance, "", "vmbus", class_id);
        EXPECT_EQ(find_synthetic_video(guest.sysfs()).size(), 1U) << class_id;
    }
}

TEST(SyntheticVideo, is_not_what_only_looks_like_it) {
    FakeVmbus guest;
    guest.add_device("a", "", "vmbus", "{da0a7802-e377-4aac-8e77-0558eb1073f9}");
    guest.add_device("b", "", "vmbus", "{da0a7802-e377-4aac-8e77}");
    guest.add_device("c", "", "vmbus", "");
    std::filesystem::create_directories(guest.sysfs() / "bus/vmbus/devices/without-a-class");
    EXPECT_TRUE(find_synthetic_video(guest.sysfs()).empty());
}

TEST(SyntheticVideo, comes_sorted_by_instance) {
    FakeVmbus guest;
    for (const char* name : {"cc", "aa", "bb"}) guest.add_device(name);
    const auto found = find_synthetic_video(guest.sysfs());
    ASSERT_EQ(found.size(), 3U);
    EXPECT_EQ(found[0].instance + found[1].instance + found[2].instance, "aabbcc");
}

TEST(SyntheticVideo, without_a_driver_has_none) {
    FakeVmbus guest;
    guest.add_device(FakeVmbus::instance);
    EXPECT_EQ(find_synthetic_video(guest.sysfs()).at(0).driver, std::nullopt);
}

TEST(SyntheticVideo, that_is_bound_names_its_uio_device) {
    FakeVmbus guest;
    guest.add_device(FakeVmbus::instance, "uio_hv_generic");
    const auto found = find_synthetic_video(guest.sysfs());
    EXPECT_EQ(found.at(0).driver, "uio_hv_generic");
    EXPECT_EQ(found.at(0).uio, "uio0");
}

TEST(SyntheticVideo, has_a_monitor_bit_only_if_the_kernel_says_which) {
    FakeVmbus guest;
    guest.add_device(FakeVmbus::instance);
    const auto monitor = [&] { return find_synthetic_video(guest.sysfs()).at(0).monitor_id; };
    EXPECT_EQ(monitor(), std::nullopt);
    for (const char* none : {"255", "128", "-1", "", "x", "99999999999999999999"}) {
        guest.set_monitor(none);
        EXPECT_EQ(monitor(), std::nullopt) << none;
    }
    guest.set_monitor("0");
    EXPECT_EQ(monitor(), 0U);
    guest.set_monitor("127");
    EXPECT_EQ(monitor(), 127U);
}

}  // namespace
}  // namespace hvfbd
