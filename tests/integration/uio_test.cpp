// The kernel's UIO device against a folder that looks like sysfs and nodes that behave like /dev/uioN, the
// simulated one against hosts that offer nonsense, and where the video memory is found.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/descriptor.h"
#include "base/error.h"
#include "base/layout.h"
#include "devices/kernel_uio.h"
#include "devices/simulated_uio.h"
#include "output/hyperv/channel.h"
#include "output/hyperv/framebuffer_source.h"

namespace hvfbd {
namespace {

using hyperv::Framebuffer;
using hyperv::FramebufferSource;

class AMachine : public ::testing::Test {
  protected:
    AMachine() {
        std::string pattern = (std::filesystem::temp_directory_path() / "hvfbd-uio-XXXXXX").string();
        root = ::mkdtemp(pattern.data());
        sysfs = root / "sys";
        devices = root / "dev";
        std::filesystem::create_directories(devices);
    }
    ~AMachine() override { std::filesystem::remove_all(root); }

    void write(const std::filesystem::path& file, const std::string& text) {
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file) << text;
    }
    void map(unsigned index, const std::string& name, std::size_t size, std::uint64_t address,
             std::size_t offset = 0) {
        std::filesystem::path folder = sysfs / "class/uio/uio3/maps" / ("map" + std::to_string(index));
        char text[32];
        write(folder / "name", name + "\n");
        std::snprintf(text, sizeof text, "0x%zx\n", size);
        write(folder / "size", text);
        std::snprintf(text, sizeof text, "0x%llx\n", static_cast<unsigned long long>(address));
        write(folder / "addr", text);
        std::snprintf(text, sizeof text, "0x%zx\n", offset);
        write(folder / "offset", text);
    }
    // A node that can be mapped: a file of so many pages, each filled with its number.
    void memory_node(const std::filesystem::path& file, unsigned pages) {
        std::filesystem::create_directories(file.parent_path());
        std::ofstream stream(file, std::ios::binary);
        for (unsigned i = 0; i < pages; ++i) stream << std::string(page_size(), static_cast<char>(i));
    }
    std::unique_ptr<UioDevice> open(std::optional<unsigned> monitor = {}) {
        return KernelUioPort([=] { return KernelUioPort::Where{"uio3", monitor}; }, sysfs, devices).open();
    }

    std::filesystem::path root, sysfs, devices;
};

TEST_F(AMachine, has_its_maps_by_name_at_their_number_times_the_page_size) {
    memory_node(devices / "uio3", 16);
    map(0, "txrx_rings", 4 * page_size(), 0);
    map(1, "int_page", page_size(), 0);
    map(2, "monitor_page", page_size(), 0x1000);
    map(3, "", 256, 0x2000, 0x10);
    auto device = open(7);
    EXPECT_EQ(device->monitor_id(), 7u);
    EXPECT_EQ(device->map("txrx_rings")->bytes.size(), 4 * page_size());
    EXPECT_EQ(std::to_integer<int>(device->map("monitor_page")->bytes[0]), 2);
    EXPECT_EQ(device->map("monitor_page")->address, 0x1000u);
    auto partial = device->map("map3");
    ASSERT_TRUE(partial) << "a map without a name has its number";
    EXPECT_EQ(partial->bytes.size(), 240u) << "sizes count from the beginning of the page";
    EXPECT_EQ(partial->address, 0x2010u);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(partial->bytes.data()) % page_size(), 0x10u);
    EXPECT_FALSE(device->map("framebuffer"));
    device->map("monitor_page")->bytes[5] = std::byte{99};
    std::ifstream file(devices / "uio3", std::ios::binary);
    file.seekg(static_cast<std::streamoff>(2 * page_size() + 5));
    EXPECT_EQ(file.get(), 99) << "shared with the device";
}

TEST_F(AMachine, is_read_and_written_four_bytes_at_a_time_and_waits_for_nothing) {
    ASSERT_EQ(::mkfifo((devices / "uio3").c_str(), 0600), 0);
    auto device = open();
    EXPECT_EQ(device->acknowledge(), UioDevice::Interrupt::none);
    device->signal();
    std::uint32_t word = 0;
    ASSERT_EQ(::read(device->descriptor(), &word, sizeof word), 4);
    EXPECT_EQ(word, 1u);
    EXPECT_LT(::read(device->descriptor(), &word, sizeof word), 0) << "nothing more was written";
    ASSERT_EQ(::write(device->descriptor(), &word, sizeof word), 4);
    EXPECT_EQ(device->acknowledge(), UioDevice::Interrupt::some);
    EXPECT_EQ(device->acknowledge(), UioDevice::Interrupt::none);
}

TEST_F(AMachine, restores_a_device_unless_another_one_is_meant_now) {
    memory_node(devices / "uio3", 1);
    std::string now = "uio3";
    KernelUioPort port(
        [&] {
            if (now.empty()) throw_errno("find the device", ENODEV);
            return KernelUioPort::Where{now, 7};
        },
        sysfs, devices);
    const auto restored = [&] {
        std::vector<Descriptor> descriptors;
        descriptors.emplace_back(::open((devices / "uio3").c_str(), O_RDWR | O_CLOEXEC));
        return port.restore("uio3 7", std::move(descriptors)) != nullptr;
    };
    EXPECT_TRUE(restored());
    now = "uio4";
    EXPECT_FALSE(restored()) << "the configuration names another one";
    now.clear();
    EXPECT_TRUE(restored()) << "it is away for now";
}

TEST_F(AMachine, that_has_taken_the_device_away_says_so_with_eio) {
    // This file gives EIO where nothing is mapped, such as at its beginning.
    std::filesystem::create_symlink("/proc/self/mem", devices / "uio3");
    auto device = open();
    EXPECT_EQ(device->acknowledge(), UioDevice::Interrupt::gone);
    device->signal();
    EXPECT_EQ(device->acknowledge(), UioDevice::Interrupt::gone);
}

TEST_F(AMachine, without_the_device_says_what_is_missing) {
    try {
        open();
        FAIL();
    } catch (const std::system_error& error) {
        EXPECT_EQ(error.code().value(), ENOENT);
        EXPECT_NE(std::string(error.what()).find((devices / "uio3").string()), std::string::npos);
    }
}

TEST_F(AMachine, whose_maps_are_no_rings_makes_no_channel) {
    memory_node(devices / "uio3", 8);
    auto device = open();
    EXPECT_THROW(hyperv::Channel{*device}, std::runtime_error) << "no map at all";
    map(0, "txrx_rings", 2 * page_size(), 0);
    EXPECT_THROW(hyperv::Channel{*device}, std::runtime_error) << "headers without data";
}

TEST_F(AMachine, of_generation_1_has_its_video_memory_in_the_adapters_resource) {
    memory_node(devices / "uio3", 1);
    std::filesystem::path adapter = sysfs / "bus/pci/devices/0000:00:08.0";
    write(adapter / "vendor", "0x1414\n");
    write(adapter / "device", "0x5353\n");
    write(adapter / "resource", "0x00000000f8000000 0x00000000fbffffff 0x0000000000040200\n0x0 0x0 0x0\n");
    memory_node(adapter / "resource0", 2048);
    write(sysfs / "bus/pci/devices/0000:00:07.0/vendor", "0x8086\n");
    write(sysfs / "bus/pci/devices/0000:00:07.0/device", "0x7113\n");
    auto device = open();
    for (const char* where : {"", "pci:0000:00:08.0/resource0"}) {
        Framebuffer framebuffer = FramebufferSource(where, 0, {sysfs, devices}).open(*device);
        EXPECT_EQ(framebuffer.address, 0xf8000000u);
        EXPECT_EQ(framebuffer.bytes.size(), 8u << 20) << "Hyper-V's default, not the resource's 64 MiB";
        EXPECT_EQ(std::to_integer<int>(framebuffer.bytes[page_size()]), 1);
    }
    EXPECT_EQ(FramebufferSource("", 1 << 20, {sysfs, devices}).open(*device).bytes.size(), 1u << 20);
    EXPECT_EQ(FramebufferSource("", 1u << 30, {sysfs, devices}).open(*device).bytes.size(), 64u << 20)
        << "no more than the resource has";
    std::string screen_info(4096, '\0');
    screen_info[0x1a] = 0x40;
    write(sysfs / "kernel/boot_params/data", screen_info);
    EXPECT_EQ(FramebufferSource("", 0, {sysfs, devices}).open(*device).address, 0xf8000000u)
        << "the adapter goes before the firmware's picture";
}

TEST_F(AMachine, of_generation_2_has_its_video_memory_where_the_firmwares_picture_is) {
    memory_node(devices / "uio3", 1);
    memory_node(devices / "mem", 4096);
    std::string screen_info(4096, '\0');
    std::uint32_t base = 0x400000, size = 0x30;  // what is written as its size is not believed
    std::memcpy(screen_info.data() + 0x18, &base, sizeof base);
    std::memcpy(screen_info.data() + 0x1c, &size, sizeof size);
    write(sysfs / "kernel/boot_params/data", screen_info);
    auto device = open();
    Framebuffer found = FramebufferSource("", 0, {sysfs, devices}).open(*device);
    EXPECT_EQ(found.address, 0x400000u);
    EXPECT_EQ(found.bytes.size(), 8u << 20);
    EXPECT_EQ(std::to_integer<int>(found.bytes[page_size()]), 0x401 & 0xff);
    Framebuffer named = FramebufferSource("mem:0x800000+0x200000", 0, {sysfs, devices}).open(*device);
    EXPECT_EQ(named.address, 0x800000u);
    EXPECT_EQ(named.bytes.size(), 0x200000u);
}

TEST_F(AMachine, that_does_not_say_where_its_video_memory_is_is_told_where_linux_says_it) {
    memory_node(devices / "uio3", 1);
    auto device = open();
    for (std::size_t size : {0, 4096}) {
        write(sysfs / "kernel/boot_params/data", std::string(size, '\0'));
        try {
            FramebufferSource("", 0, {sysfs, devices}).open(*device);
            ADD_FAILURE() << "it was found";
        } catch (const std::runtime_error& error) {
            std::string said = error.what();
            EXPECT_NE(said.find("Framebuffer=mem:ADDRESS+SIZE"), std::string::npos) << said;
            EXPECT_NE(said.find("dmesg | grep hv_mmio="), std::string::npos) << said;
        }
    }
}

TEST_F(AMachine, may_have_its_video_memory_in_a_map_of_another_device) {
    memory_node(devices / "uio3", 64);
    map(0, "registers", page_size(), 0xfd000000);
    map(1, "vram", 16 * page_size(), 0xfe000000);
    auto device = open();
    for (const char* where : {"uio:uio3/map1", "uio:/dev/uio3/vram"}) {
        Framebuffer framebuffer = FramebufferSource(where, 0, {sysfs, devices}).open(*device);
        EXPECT_EQ(framebuffer.address, 0xfe000000u);
        EXPECT_EQ(framebuffer.bytes.size(), 16 * page_size());
        EXPECT_EQ(std::to_integer<int>(framebuffer.bytes[0]), 1);
    }
    EXPECT_THROW(FramebufferSource("uio:uio3/map9", 0, {sysfs, devices}).open(*device), std::runtime_error);
    EXPECT_THROW(FramebufferSource("simulated", 0, {sysfs, devices}).open(*device), std::runtime_error);
    EXPECT_THROW(FramebufferSource("", 0, {sysfs, devices}).open(*device), std::runtime_error)
        << "none to be found";
}

TEST(FramebufferIs, refused_where_the_configuration_names_no_memory) {
    for (const char* where : {"pci", "pci:", "pci:0000:00:08.0", "pci:../../x/resource0", "pci:a/rom", "mem:",
                              "mem:12", "mem:0x1000", "mem:0x1000+0", "mem:0x1001+4096", "mem:0x1000+5",
                              "mem:x+y", "uio:", "uio:uio0", "uio:uio0/", "disk:/dev/sda", "simulated:"})
        EXPECT_THROW(FramebufferSource(where, 0), RequestError) << where;
    EXPECT_THROW(FramebufferSource("", 100), RequestError) << "no whole pages";
}

// What a host at the other end of the socket says in its offer, and what becomes of it.
class ASimulatedDevice : public AMachine {
  protected:
    UioDevice::Interrupt offered(const std::string& text, std::vector<int> fds) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::string path = (root / "uio").string();
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        ::unlink(path.c_str());
        Descriptor listener(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
        EXPECT_EQ(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        EXPECT_EQ(::listen(listener.get(), 1), 0);
        device = SimulatedUioPort(path).open();
        EXPECT_EQ(device->acknowledge(), UioDevice::Interrupt::opening);
        host = Descriptor(::accept(listener.get(), nullptr, nullptr));
        iovec part{const_cast<char*>(text.data()), text.size()};
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        alignas(cmsghdr) char control[CMSG_SPACE(8 * sizeof(int))] = {};
        if (!fds.empty()) {
            message.msg_control = control;
            message.msg_controllen = CMSG_SPACE(fds.size() * sizeof(int));
            cmsghdr* header = CMSG_FIRSTHDR(&message);
            header->cmsg_level = SOL_SOCKET;
            header->cmsg_type = SCM_RIGHTS;
            header->cmsg_len = CMSG_LEN(fds.size() * sizeof(int));
            std::memcpy(CMSG_DATA(header), fds.data(), fds.size() * sizeof(int));
        }
        EXPECT_GE(::sendmsg(host.get(), &message, MSG_NOSIGNAL), 0);
        return device->acknowledge();
    }
    static Descriptor memory(std::size_t size, unsigned seals = F_SEAL_SHRINK) {
        Descriptor file(::memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
        EXPECT_EQ(::ftruncate(file.get(), static_cast<off_t>(size)), 0);
        EXPECT_EQ(::fcntl(file.get(), F_ADD_SEALS, seals), 0);
        return file;
    }

    Descriptor host;
    std::unique_ptr<UioDevice> device;
};

TEST_F(ASimulatedDevice, opens_with_a_whole_offer_and_is_gone_with_its_host) {
    Descriptor rings = memory(65536), video = memory(8192);
    Descriptor interrupt(::eventfd(0, EFD_CLOEXEC)), doorbell(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    ASSERT_EQ(offered("hvfbd-simulated-uio 1\nmap txrx_rings 65536\nnew thing\nmap framebuffer 8192\naddress "
                      "0xf8000000\n"
                      "monitor 5\ninterrupt\ndoorbell\n",
                      {rings.get(), video.get(), interrupt.get(), doorbell.get()}),
              UioDevice::Interrupt::none);
    EXPECT_EQ(device->monitor_id(), 5u);
    EXPECT_EQ(device->map("framebuffer")->address, 0xf8000000u);
    std::uint64_t count = 3;
    ASSERT_EQ(::write(interrupt.get(), &count, sizeof count), 8);
    EXPECT_EQ(device->acknowledge(), UioDevice::Interrupt::some);
    EXPECT_EQ(device->acknowledge(), UioDevice::Interrupt::none);
    // As the kernel's write(1): the ring to the guest is unmasked, then the host is signalled.
    std::byte* mask = device->map("txrx_rings")->bytes.data() + 32768 + 8;
    *mask = std::byte{1};
    device->signal();
    EXPECT_EQ(*mask, std::byte{0});
    ASSERT_EQ(::read(doorbell.get(), &count, sizeof count), 8);
    EXPECT_EQ(count, 1u);
    host.reset();
    EXPECT_EQ(device->acknowledge(), UioDevice::Interrupt::gone);
}

// With a time after which a test that waits ends.
TEST_F(ASimulatedDevice, waits_for_nothing_though_its_host_makes_descriptors_that_wait) {
    Descriptor rings = memory(65536);
    Descriptor interrupt(::eventfd(0, EFD_CLOEXEC)), doorbell(::eventfd(0, EFD_CLOEXEC));
    ASSERT_EQ(offered("hvfbd-simulated-uio 1\nmap txrx_rings 65536\ninterrupt\ndoorbell\n",
                      {rings.get(), interrupt.get(), doorbell.get()}),
              UioDevice::Interrupt::none);
    ASSERT_EQ(::fcntl(interrupt.get(), F_SETFL, 0), 0);
    ASSERT_EQ(::fcntl(doorbell.get(), F_SETFL, 0), 0);
    std::uint64_t full = UINT64_MAX - 1;
    ASSERT_EQ(::write(doorbell.get(), &full, sizeof full), 8);
    ::alarm(10);
    EXPECT_EQ(device->acknowledge(), UioDevice::Interrupt::none);
    device->signal();
    std::uint64_t count = 3;
    ASSERT_EQ(::write(interrupt.get(), &count, sizeof count), 8);
    EXPECT_EQ(device->acknowledge(), UioDevice::Interrupt::some);
    EXPECT_EQ(device->acknowledge(), UioDevice::Interrupt::none);
    ::alarm(0);
}

TEST_F(ASimulatedDevice, does_not_open_with_an_offer_that_is_wrong_anywhere) {
    Descriptor rings = memory(65536), unsealed = memory(65536, 0), small = memory(4096);
    Descriptor event(::memfd_create("event", MFD_CLOEXEC));
    const std::string head = "hvfbd-simulated-uio 1\n", tail = "interrupt\ndoorbell\n",
                      map = "map txrx_rings 65536\n";
    int e = event.get();
    struct {
        std::string text;
        std::vector<int> fds;
    } offers[] = {{"hvfbd-simulated-uio 2\n" + map + tail, {rings.get(), e, e}},
                  {head, {}},
                  {head + tail, {e, e}},
                  {head + map, {rings.get()}},
                  {head + map + tail, {rings.get(), e}},
                  {head + map + tail, {unsealed.get(), e, e}},
                  {head + map + tail, {small.get(), e, e}},
                  {head + map + tail, {e, e, e}},
                  {head + "map txrx_rings 4096\n" + tail, {small.get(), e, e}},
                  {head + "map txrx_rings 0\n" + tail, {rings.get(), e, e}},
                  {head + "map txrx_rings 99999999999999999999\n" + tail, {rings.get(), e, e}},
                  {head + "map txrx_rings\n" + tail, {rings.get(), e, e}},
                  {head + map + "address zz\n" + tail, {rings.get(), e, e}},
                  {head + map + "monitor 128\n" + tail, {rings.get(), e, e}},
                  {head + map + "interrupt\ndoorbell", {rings.get(), e, e}},
                  {head + std::string(2000, 'x') + "\n", {}}};
    for (const auto& [text, fds] : offers) {
        EXPECT_EQ(offered(text, fds), UioDevice::Interrupt::gone) << text;
        EXPECT_EQ(device->acknowledge(), UioDevice::Interrupt::gone) << "and stays so";
    }
}

}  // namespace
}  // namespace hvfbd
