#pragma once

#include <fcntl.h>
#include <sys/stat.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/descriptor.h"
#include "base/error.h"
#include "base/layout.h"
#include "base/mapping.h"
#include "devices/framebuffer_location.h"

namespace hvfbd::testing {

// A folder that behaves like /sys and /dev of a machine with PCI devices that a UIO driver has: their nodes
// appear and go, with another number if need be, as the kernel makes and removes them.
class FakeUioMachine {
  public:
    // The maps of a device: page 0 is something, page 1 the registers (as on QEMU's bochs-display, which
    // takes any value), and from page 2 the screen memory.
    static constexpr unsigned screen_map = 2;

    FakeUioMachine() {
        std::string pattern = (std::filesystem::temp_directory_path() / "hvfbd-uio-XXXXXX").string();
        root_ = ::mkdtemp(pattern.data());
        std::filesystem::create_directories(folders().devices);
        std::filesystem::create_directories(folders().sysfs / "class/uio");
        std::filesystem::create_directories(folders().sysfs / "bus/pci/devices");
    }
    FakeUioMachine(const FakeUioMachine&) = delete;
    FakeUioMachine& operator=(const FakeUioMachine&) = delete;
    ~FakeUioMachine() { std::filesystem::remove_all(root_); }

    SystemFolders folders() const { return {root_ / "sys", root_ / "dev"}; }
    std::filesystem::path node(const std::string& name) const { return folders().devices / name; }
    std::filesystem::path device(const std::string& address) const {
        return folders().sysfs / "devices/pci0000:00" / address;
    }
    std::filesystem::path map(const std::string& address, const std::string& name, unsigned index) const {
        return device(address) / "uio" / name / "maps" / ("map" + std::to_string(index));
    }

    // A device in a slot, without a driver. With `registers` it is a Bochs display adapter.
    void plug(const std::string& address, bool registers) {
        write(device(address) / "vendor", registers ? "0x1234\n" : "0x1b36\n");
        write(device(address) / "device", registers ? "0x1111\n" : "0x0100\n");
        write(device(address) / "resource",
              "0x00000000fd000000 0x00000000fdffffff 0x0000000000042208\n0x0 0x0 0x0\n"
              "0x00000000febf0000 0x00000000febf0fff 0x0000000000040200\n");
        link(device(address), folders().sysfs / "bus/pci/devices" / address);
    }
    void unplug(const std::string& address) {
        std::filesystem::remove(folders().sysfs / "bus/pci/devices" / address);
        std::filesystem::remove_all(device(address));
    }

    // The driver takes the device: sysfs, then the node.
    void bind(const std::string& address, const std::string& name, std::size_t screen_bytes,
              const std::string& map_name = "framebuffer") {
        describe(address, name, 0, page_size(), "");
        describe(address, name, 1, page_size(), "");
        describe(address, name, screen_map, screen_bytes, map_name);
        link(device(address), device(address) / "uio" / name / "device");
        link(device(address) / "uio" / name, folders().sysfs / "class/uio" / name);
        make_node(address, name, screen_bytes);
    }
    void describe(const std::string& address, const std::string& name, unsigned index, std::size_t size,
                  const std::string& map_name) {
        char text[32];
        std::snprintf(text, sizeof text, "0x%016zx\n", size);
        write(map(address, name, index) / "size", text);
        write(map(address, name, index) / "name", map_name + "\n");
        write(map(address, name, index) / "addr", "0x00000000fd000000\n");
        write(map(address, name, index) / "offset", "0x0\n");
    }
    // The driver lets go of it, or is made to: the node goes first.
    void unbind(const std::string& address, const std::string& name) {
        std::filesystem::remove(node(name));
        std::filesystem::remove(folders().sysfs / "class/uio" / name);
        std::filesystem::remove_all(device(address) / "uio");
    }

    void write(const std::filesystem::path& file, const std::string& text) {
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file) << text;
    }

    // What is in the memory of a node, from outside. The node may be gone: open it before.
    static Mapping memory(const std::filesystem::path& file) {
        Descriptor opened(::open(file.c_str(), O_RDWR | O_CLOEXEC));
        if (!opened) throw_errno("open " + file.string());
        struct stat status {};
        ::fstat(opened.get(), &status);
        return {opened, static_cast<std::size_t>(status.st_size), Mapping::Access::read_write};
    }
    static std::uint32_t pixel(const Mapping& memory, std::size_t offset) {
        std::uint32_t value = 0;
        std::memcpy(&value, memory.bytes().data() + screen_map * page_size() + offset, sizeof value);
        return value;
    }
    static std::uint16_t reg(const Mapping& memory, unsigned index) {
        std::uint16_t value = 0;
        std::memcpy(&value, memory.bytes().data() + page_size() + 0x500 + 2 * index, sizeof value);
        return value;
    }
    static void set_reg(const Mapping& memory, unsigned index, std::uint16_t value) {
        std::memcpy(memory.bytes().data() + page_size() + 0x500 + 2 * index, &value, sizeof value);
    }

  private:
    static void link(const std::filesystem::path& to, const std::filesystem::path& at) {
        std::filesystem::create_directories(at.parent_path());
        std::filesystem::remove(at);
        std::filesystem::create_symlink(to, at);
    }
    void make_node(const std::string& address, const std::string& name, std::size_t screen_bytes) {
        // Made beside the folder and moved into it: nobody sees half of it.
        std::filesystem::path made = root_ / "made";
        write(made, "");
        std::filesystem::resize_file(
            made, screen_map * page_size() + (screen_bytes + page_size() - 1) / page_size() * page_size());
        std::string vendor;
        std::ifstream(device(address) / "vendor") >> vendor;
        if (vendor == "0x1234") {
            Mapping memory = FakeUioMachine::memory(made);
            set_reg(memory, 0, 0xb0c5);
            set_reg(memory, 10, static_cast<std::uint16_t>(screen_bytes >> 16));
        }
        std::filesystem::rename(made, node(name));
    }

    std::filesystem::path root_;
};

}  // namespace hvfbd::testing
