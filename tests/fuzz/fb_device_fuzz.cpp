// Any sequence of ioctls with any arguments: what is answered stays in the caller's memory, and the mode in
// the framebuffer's.
#include <linux/fb.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "run/device_files.h"
#include "run/fake_terminal.h"
#include "run/fb_device.h"

namespace {

using namespace fbdev;

constexpr std::uint64_t base = 0x1000;
constexpr std::size_t room = 4096;

struct Memory {
    std::byte bytes[room];

    std::byte* find(std::uint64_t address, std::size_t size) {
        return address >= base && address - base <= room && room - (address - base) >= size
                   ? bytes + (address - base)
                   : nullptr;
    }
};

bool read_memory(void* context, std::uint64_t from, void* to, std::size_t size) {
    std::byte* const there = static_cast<Memory*>(context)->find(from, size);
    if (there) std::memcpy(to, there, size);
    return there;
}

bool write_memory(void* context, std::uint64_t to, const void* from, std::size_t size) {
    std::byte* const there = static_cast<Memory*>(context)->find(to, size);
    if (there) std::memcpy(there, from, size);
    return there;
}

void check(const FbDevice& device, const FbScreen& screen) {
    const fb_var_screeninfo& var = device.var();
    if (var.xres != screen.width || var.yres != screen.height || var.xres_virtual != var.xres)
        __builtin_trap();
    if (var.yres_virtual < var.yres || var.yres_virtual > screen.height * 2) __builtin_trap();
    if (var.xoffset != 0 || var.yoffset > var.yres_virtual - var.yres) __builtin_trap();
    if (var.bits_per_pixel != 16 && var.bits_per_pixel != 32) __builtin_trap();
    if (device.size() > device.fix().smem_len) __builtin_trap();
    if (std::uint64_t{device.fix().line_length} < std::uint64_t{var.xres} * (var.bits_per_pixel / 8))
        __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const FbScreen screen{640, 480, 2656};
    FbDevice device(screen, 32);
    FakeTerminal terminal;
    Memory caller{};
    const CallerMemory memory{&caller, read_memory, write_memory};
    std::span<const std::uint8_t> rest(data, size);
    // A request of 12 bytes, then what is stored at the beginning of the caller's memory before it.
    while (rest.size() >= 12) {
        std::uint32_t request;
        std::uint64_t argument;
        std::memcpy(&request, rest.data(), sizeof request);
        std::memcpy(&argument, rest.data() + 4, sizeof argument);
        rest = rest.subspan(12);
        const std::size_t stored = std::min<std::size_t>(rest.size(), sizeof(fb_var_screeninfo));
        if (request & 0x80) {
            std::memcpy(caller.bytes, rest.data(), stored);
            rest = rest.subspan(stored);
            request &= ~0x80U;
        }
        // Most of what may be asked of it has a short name here.
        if (request < 0x40) request |= 0x4600;
        device.ioctl(request, argument, memory);
        terminal.ioctl(request, argument, memory);
        check(device, screen);
        const FbTransfer reading = device.reading(argument, request),
                         writing = device.writing(argument, request);
        for (const FbTransfer& transfer : {reading, writing})
            if (transfer.count > 0 && (argument > device.size() || device.size() - argument < transfer.count))
                __builtin_trap();
    }
    const std::string_view path(reinterpret_cast<const char*>(data), size);
    char text[64];
    if (attribute_text(path, device, text, sizeof text) >= sizeof text) __builtin_trap();
    device_file(path);
    link_target(path);
    return 0;
}
