// Makes a fixed list of calls on a framebuffer, for the test that compares the kernel's with that of
// hvfb-run: fb_calls DEVICE HEIGHTS
//
// HEIGHTS: how many heights of the screen it has memory for, which is the virtual height of most calls. With
// 0 it makes the calls about consoles alone.
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "fb.h"
#include "said.h"

int fb = -1;
char* volatile no_memory = nullptr;

namespace {

void fixed() {
    fb_fix_screeninfo fix;
    std::memset(&fix, 0xff, sizeof fix);
    begin("fix", ioctl(fb, FBIOGET_FSCREENINFO, &fix));
    std::printf(" memory %u type %u,%u visual %u line %u io %u acceleration %u capabilities %u\n",
                fix.smem_len, fix.type, fix.type_aux, fix.visual, fix.line_length, fix.mmio_len, fix.accel,
                fix.capabilities);
    std::printf("fix steps: %u %u %u\n", fix.xpanstep, fix.ypanstep, fix.ywrapstep);
}

void pans(const fb_var_screeninfo& base) {
    const auto height = base.yres;
    for (const std::uint32_t y : {0U, 1U, height - 1, height, height + 1, 2 * height, ~0U, 0U - height}) {
        fb_var_screeninfo wanted = base;
        wanted.yoffset = y;
        std::array<char, 32> name{};
        std::snprintf(name.data(), name.size(), "pan %d", static_cast<int>(y));
        ask_var(name.data(), FBIOPAN_DISPLAY, wanted);
    }
    static constexpr std::array changes = {
        Change{"pan x", [](fb_var_screeninfo& var) { var.xoffset = 1; }},
        Change{"pan largest x", [](fb_var_screeninfo& var) { var.xoffset = ~0U; }},
        Change{"pan of another size",
               [](fb_var_screeninfo& var) {
                   var.xres = var.yres = 0;
                   var.bits_per_pixel = 1;
                   var.yres_virtual = 1;
                   var.yoffset = 3;
                   var.activate = FB_ACTIVATE_TEST;
               }},
        Change{"pan wrapped at 0", [](fb_var_screeninfo& var) { var.vmode = FB_VMODE_YWRAP; }},
        Change{"pan conupdate",
               [](fb_var_screeninfo& var) {
                   var.vmode = FB_VMODE_CONUPDATE;
                   var.yoffset = 5;
               }},
        Change{"pan wrapped",
               [](fb_var_screeninfo& var) {
                   var.vmode = FB_VMODE_YWRAP;
                   var.yoffset = 7;
               }},
        Change{"pan back", [](fb_var_screeninfo&) {}},
    };
    for (const Change& change : changes) {
        fb_var_screeninfo wanted = base;
        change.make(wanted);
        ask_var(change.name, FBIOPAN_DISPLAY, wanted);
    }
}

// The framebuffer's number is not said: the kernel may have others.
void consoles() {
    for (const std::uint32_t console : {0U, 1U, 63U, 64U, ~0U}) {
        fb_con2fbmap map{.console = console, .framebuffer = 77};
        std::array<char, 48> name{};
        std::snprintf(name.data(), name.size(), "console %d's framebuffer", static_cast<int>(console));
        const long got = ioctl(fb, FBIOGET_CON2FBMAP, &map);
        begin(name.data(), got);
        std::puts(map.framebuffer == 77 ? " not said" : " said");
        // A console that is not there is refused, and one that is gets what it has.
        if (got != 0 || console == 1) {
            std::snprintf(name.data(), name.size(), "console %d is given it", static_cast<int>(console));
            // Where no console is on any framebuffer there is none to give.
            const bool none = got == 0 && map.framebuffer == ~0U;
            line(name.data(), none ? 0 : ioctl(fb, FBIOPUT_CON2FBMAP, &map));
        }
    }
    for (const std::uint32_t framebuffer : {31U, 32U, ~0U}) {
        fb_con2fbmap map{.console = 2, .framebuffer = framebuffer};
        std::array<char, 48> name{};
        std::snprintf(name.data(), name.size(), "console 2 on framebuffer %d", static_cast<int>(framebuffer));
        line(name.data(), ioctl(fb, FBIOPUT_CON2FBMAP, &map));
    }
}

void blanks() {
    for (const unsigned long level : {1UL, 2UL, 3UL, 4UL, 0UL, 5UL, ~0UL, 1UL << 32}) {
        std::array<char, 32> name{};
        std::snprintf(name.data(), name.size(), "blank %ld", static_cast<long>(level));
        line(name.data(), ioctl(fb, FBIOBLANK, level));
    }
    std::uint32_t which = 0;
    line("vsync", ioctl(fb, FBIO_WAITFORVSYNC, &which));
    line("vsync of nothing", ioctl(fb, FBIO_WAITFORVSYNC, no_memory));
}

void no_memory_at_all() {
    static constexpr std::array<std::pair<const char*, unsigned long>, 10> requests = {{
        {"get var", FBIOGET_VSCREENINFO},
        {"put var", FBIOPUT_VSCREENINFO},
        {"get fix", FBIOGET_FSCREENINFO},
        {"pan", FBIOPAN_DISPLAY},
        {"get colours", FBIOGETCMAP},
        {"put colours", FBIOPUTCMAP},
        {"get console", FBIOGET_CON2FBMAP},
        {"put console", FBIOPUT_CON2FBMAP},
        {"cursor", FBIO_CURSOR},
        {"vblank", FBIOGET_VBLANK},
    }};
    // The end of memory: what follows cannot be accessed, or only be read.
    char* const pages = static_cast<char*>(
        mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    std::memset(pages, 0, 2 * page);
    mprotect(pages + page, page, PROT_NONE);
    for (const auto& [name, request] : requests) {
        const auto say = [&, which = name](const char* where, void* at, unsigned long number) {
            std::array<char, 64> whole{};
            std::snprintf(whole.data(), whole.size(), "%s %s", which, where);
            line(whole.data(), ioctl(fb, number, at));
        };
        say("of null", no_memory, request);
        say("of half an argument", pages + page - 4, request);
        say("of an address of the kernel's", reinterpret_cast<void*>(0xffff888000000000), request);
    }
    mprotect(pages, page, PROT_READ);
    for (const auto& [name, request] : requests) {
        std::array<char, 64> whole{};
        std::snprintf(whole.data(), whole.size(), "%s of memory that is read alone", name);
        line(whole.data(), ioctl(fb, request, pages + 128));
    }
    mprotect(pages, page, PROT_READ | PROT_WRITE);
    line("get var unaligned", ioctl(fb, FBIOGET_VSCREENINFO, pages + 1));
    line("put var unaligned", ioctl(fb, FBIOPUT_VSCREENINFO, pages + 1));
    line("get fix unaligned", ioctl(fb, FBIOGET_FSCREENINFO, pages + 3));
    munmap(pages, 2 * page);
    int some = 0;
    line("request of a terminal", ioctl(fb, 0x5401, &some));
    line("request of fbdev that is none", ioctl(fb, _IO('F', 0x77), &some));
    line("request 0", ioctl(fb, 0, &some));
    line("request largest", ioctl(fb, ~0UL >> 32, &some));
    line("request with bits above 32", ioctl(fb, FBIO_CURSOR | (1UL << 40), &some));
    line("request FIONREAD", ioctl(fb, 0x541b, &some));
    some = 0;
    line("request FIONBIO", ioctl(fb, 0x5421, &some));
    line("request FIGETBSZ", ioctl(fb, 2, &some));
}

void file(const char* device) {
    struct stat status {};
    begin("status", fstat(fb, &status));
    std::printf(" %o %lld blocks %lld major %u\n", status.st_mode & S_IFMT,
                static_cast<long long>(status.st_size), static_cast<long long>(status.st_blocks),
                static_cast<unsigned>(status.st_rdev >> 8 & 0xfff));
    line("truncate", ftruncate(fb, 0));
    line("allocate", fallocate(fb, 0, 0, 4096));
    line("synchronise", fsync(fb));
    line("synchronise data", fdatasync(fb));
    pollfd ready{.fd = fb, .events = POLLIN | POLLOUT | POLLPRI, .revents = 0};
    begin("poll", poll(&ready, 1, 0));
    std::printf(" %#x\n", static_cast<unsigned>(ready.revents));
    line("flags", fcntl(fb, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK));
    lseek(fb, 1000, SEEK_SET);
    const int copy = dup(fb);
    line("position of a copy", lseek(copy, 0, SEEK_CUR));
    line("a copy moves it", lseek(copy, 10, SEEK_CUR));
    line("position of the first", lseek(fb, 0, SEEK_CUR));
    fb_var_screeninfo var{};
    line("a copy asks", ioctl(copy, FBIOGET_VSCREENINFO, &var));
    close(copy);
    const int appending = open(device, O_RDWR | O_APPEND | O_CLOEXEC);
    line("an appender writes", write(appending, "xy", 2));
    line("position of the appender", lseek(appending, 0, SEEK_CUR));
    close(appending);
    const int emptied = open(device, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    line("open and truncate", emptied < 0 ? -1 : 0);
    close(emptied);
    line("open exclusively", open(device, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    line("open as a folder", open(device, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 3) return 2;
    const auto heights = static_cast<unsigned>(std::strtoul(arguments[2], nullptr, 10));
    const char* const device = arguments[1];
    fb = open(device, O_RDWR | O_CLOEXEC);
    if (fb < 0) {
        std::perror(device);
        return 1;
    }
    if (heights == 0) {
        consoles();
        return 0;
    }
    colours();
    fb_var_screeninfo base = get_var();
    std::printf("mode:");
    say_var(base);
    std::printf("\ntimes of the mode: %u %u,%u,%u,%u %u,%u %u size %u,%u\n", base.pixclock, base.left_margin,
                base.right_margin, base.upper_margin, base.lower_margin, base.hsync_len, base.vsync_len,
                base.sync, base.width, base.height);
    fields("fields of 16 bits", 16, false);
    fields("fields of 32 bits", 32, false);
    fields("fields of 32 bits, red last", 32, true);
    base = get_var();
    modes(base);
    base.yres_virtual = heights * base.yres;
    ask_var("put height for the rest", FBIOPUT_VSCREENINFO, base);
    base = get_var();
    fixed();
    pans(base);
    blanks();
    no_memory_at_all();
    fb_var_screeninfo again = base;
    line("put the mode again", ioctl(fb, FBIOPUT_VSCREENINFO, &again));
    const long end = static_cast<long>(base.xres) * 4 * base.yres_virtual;
    transfers(end);
    maps(device, end);
    file(device);
    std::printf("at the end:");
    say_var(get_var());
    std::puts("");
    return 0;
}
