// Makes a fixed list of calls on a framebuffer, for the test that compares the kernel's with that of
// hvfb-run: fb_calls DEVICE HEIGHTS
//
// HEIGHTS: how many heights of the screen it has memory for, which is the virtual height of most calls. With
// 0 it makes the calls about consoles alone.
//
// It says a line for each: its name, then the result or the errno, then what was answered. No addresses, no
// times.
#include <fcntl.h>
#include <linux/fb.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

namespace {

constexpr long page = 4096;
int fb = -1;
// Volatile: compilers know what the C library's functions do not take.
char* volatile no_memory = nullptr;
volatile std::size_t largest_count = SIZE_MAX;
volatile int too_many_parts = 2000, negative_parts = -1;

// What follows on the line is the caller's to say.
bool begin(const char* name, long result) {
    const int error = errno;
    if (result >= 0) {
        std::printf("%s: %ld", name, result);
        return true;
    }
    std::printf("%s: %s", name, strerrorname_np(error));
    return false;
}

void line(const char* name, long result) {
    begin(name, result);
    std::puts("");
}

fb_var_screeninfo get_var() {
    fb_var_screeninfo var{};
    if (ioctl(fb, FBIOGET_VSCREENINFO, &var) != 0) std::printf("FBIOGET_VSCREENINFO failed\n");
    return var;
}

void say_var(const fb_var_screeninfo& var) {
    std::printf(" %ux%u of %ux%u at %u,%u bits %u gray %u nonstd %u activate %#x vmode %#x rotate %u",
                var.xres, var.yres, var.xres_virtual, var.yres_virtual, var.xoffset, var.yoffset,
                var.bits_per_pixel, var.grayscale, var.nonstd, var.activate, var.vmode, var.rotate);
}

// How each call about a mode is said: the answer, and what is there afterwards.
void ask_var(const char* name, unsigned long request, const fb_var_screeninfo& wanted) {
    fb_var_screeninfo var = wanted;
    const long result = ioctl(fb, request, &var);
    begin(name, result);
    say_var(var);
    std::puts("");
    std::printf("%s, then:", name);
    say_var(get_var());
    std::puts("");
}

struct Change {
    const char* name;
    void (*make)(fb_var_screeninfo&);
};

void modes(const fb_var_screeninfo& base) {
    static constexpr std::array changes = {
        Change{"put as it is", [](fb_var_screeninfo&) {}},
        Change{"put forced", [](fb_var_screeninfo& var) { var.activate = FB_ACTIVATE_FORCE; }},
        Change{"put for all", [](fb_var_screeninfo& var) { var.activate = FB_ACTIVATE_ALL; }},
        Change{"put test", [](fb_var_screeninfo& var) { var.activate = FB_ACTIVATE_TEST; }},
        Change{"put at the next opening", [](fb_var_screeninfo& var) { var.activate = FB_ACTIVATE_NXTOPEN; }},
        Change{"put mask", [](fb_var_screeninfo& var) { var.activate = FB_ACTIVATE_MASK; }},
        Change{"put vbl", [](fb_var_screeninfo& var) { var.activate = FB_ACTIVATE_VBL; }},
        Change{"put unknown activation", [](fb_var_screeninfo& var) { var.activate = 0x80000000; }},
        Change{"put as text", [](fb_var_screeninfo& var) { var.activate = 512; }},
        Change{"put forget it", [](fb_var_screeninfo& var) { var.activate = FB_ACTIVATE_INV_MODE; }},
        Change{"put forget another size",
               [](fb_var_screeninfo& var) {
                   var.activate = FB_ACTIVATE_INV_MODE;
                   var.xres = 800;
               }},
        Change{"put forget another clock",
               [](fb_var_screeninfo& var) {
                   var.activate = FB_ACTIVATE_INV_MODE;
                   ++var.pixclock;
               }},
        Change{"put forget another margin",
               [](fb_var_screeninfo& var) {
                   var.activate = FB_ACTIVATE_INV_MODE;
                   ++var.left_margin;
               }},
        Change{"put no size", [](fb_var_screeninfo& var) { var.xres = var.yres = 0; }},
        Change{"put narrow", [](fb_var_screeninfo& var) { var.xres = 7; }},
        Change{"put low", [](fb_var_screeninfo& var) { var.yres = 7; }},
        Change{"put narrower", [](fb_var_screeninfo& var) { var.xres = 320; }},
        Change{"put lower", [](fb_var_screeninfo& var) { var.yres = 240; }},
        Change{"put largest size", [](fb_var_screeninfo& var) { var.xres = var.yres = ~0U; }},
        Change{"put largest virtual size",
               [](fb_var_screeninfo& var) { var.xres_virtual = var.yres_virtual = ~0U; }},
        Change{"put largest virtual height", [](fb_var_screeninfo& var) { var.yres_virtual = ~0U; }},
        Change{"put largest virtual width", [](fb_var_screeninfo& var) { var.xres_virtual = ~0U; }},
        Change{"put size that overflows", [](fb_var_screeninfo& var) { var.xres = var.yres = 65536; }},
        Change{"put no virtual size",
               [](fb_var_screeninfo& var) { var.xres_virtual = var.yres_virtual = 0; }},
        Change{"put virtual height 1", [](fb_var_screeninfo& var) { var.yres_virtual = 1; }},
        Change{"put doubled", [](fb_var_screeninfo& var) { var.yres_virtual = 2 * var.yres; }},
        Change{"put doubled and one", [](fb_var_screeninfo& var) { var.yres_virtual = 2 * var.yres + 1; }},
        Change{"put doubled and panned",
               [](fb_var_screeninfo& var) {
                   var.yres_virtual = 2 * var.yres;
                   var.yoffset = var.yres;
               }},
        Change{"put panned", [](fb_var_screeninfo& var) { var.yoffset = 10; }},
        Change{"put panned too far", [](fb_var_screeninfo& var) { var.yoffset = var.yres + 1; }},
        Change{"put largest offset", [](fb_var_screeninfo& var) { var.yoffset = ~0U; }},
        Change{"put offset that wraps", [](fb_var_screeninfo& var) { var.yoffset = 0U - var.yres; }},
        Change{"put largest x offset", [](fb_var_screeninfo& var) { var.xoffset = ~0U; }},
        Change{"put bits 0", [](fb_var_screeninfo& var) { var.bits_per_pixel = 0; }},
        Change{"put bits 12", [](fb_var_screeninfo& var) { var.bits_per_pixel = 12; }},
        Change{"put bits 15", [](fb_var_screeninfo& var) { var.bits_per_pixel = 15; }},
        Change{"put bits 16", [](fb_var_screeninfo& var) { var.bits_per_pixel = 16; }},
        Change{"put bits 24", [](fb_var_screeninfo& var) { var.bits_per_pixel = 24; }},
        Change{"put bits 33", [](fb_var_screeninfo& var) { var.bits_per_pixel = 33; }},
        Change{"put bits largest", [](fb_var_screeninfo& var) { var.bits_per_pixel = ~0U; }},
        Change{"put gray", [](fb_var_screeninfo& var) { var.grayscale = 1; }},
        Change{"put fourcc", [](fb_var_screeninfo& var) { var.grayscale = 0x34325258; }},
        Change{"put nonstd", [](fb_var_screeninfo& var) { var.nonstd = 1; }},
        Change{"put rotated", [](fb_var_screeninfo& var) { var.rotate = FB_ROTATE_CW; }},
        Change{"put interlaced", [](fb_var_screeninfo& var) { var.vmode = FB_VMODE_INTERLACED; }},
        Change{"put wrapped", [](fb_var_screeninfo& var) { var.vmode = FB_VMODE_YWRAP; }},
        Change{"put conupdate", [](fb_var_screeninfo& var) { var.vmode = FB_VMODE_CONUPDATE; }},
        Change{"put largest vmode", [](fb_var_screeninfo& var) { var.vmode = ~0U; }},
    };
    for (const Change& change : changes) {
        fb_var_screeninfo wanted = base;
        change.make(wanted);
        ask_var(change.name, FBIOPUT_VSCREENINFO, wanted);
        wanted = base;
        wanted.activate = FB_ACTIVATE_FORCE;
        if (ioctl(fb, FBIOPUT_VSCREENINFO, &wanted) != 0) line("put back", -1);
        wanted.activate = FB_ACTIVATE_NOW;
        if (ioctl(fb, FBIOPUT_VSCREENINFO, &wanted) != 0) line("put back", -1);
    }
    fb_var_screeninfo timed = base;
    timed.pixclock = 12345;
    timed.left_margin = 1;
    timed.right_margin = 2;
    timed.upper_margin = 3;
    timed.lower_margin = 4;
    timed.hsync_len = 5;
    timed.vsync_len = 6;
    timed.sync = 7;
    timed.colorspace = 8;
    timed.width = 9;
    timed.height = 10;
    timed.reserved[0] = 11;
    timed.reserved[3] = 12;
    begin("put times", ioctl(fb, FBIOPUT_VSCREENINFO, &timed));
    for (const fb_var_screeninfo& var : {timed, get_var()})
        std::printf(" %u %u,%u,%u,%u %u,%u %u colorspace %u size %u,%u reserved %u,%u", var.pixclock,
                    var.left_margin, var.right_margin, var.upper_margin, var.lower_margin, var.hsync_len,
                    var.vsync_len, var.sync, var.colorspace, var.width, var.height, var.reserved[0],
                    var.reserved[3]);
    std::puts("");
    timed = base;
    line("put back after times", ioctl(fb, FBIOPUT_VSCREENINFO, &timed));
}

void say_fields(const char* name, std::uint32_t bits, bool red_last) {
    fb_var_screeninfo var = get_var();
    var.bits_per_pixel = bits;
    const bool wide = bits == 32;
    var.red = {.offset = red_last || !wide ? 0U : 16U, .length = 8, .msb_right = 0};
    var.blue = {.offset = red_last && wide ? 16U : 0U, .length = 8, .msb_right = 0};
    var.transp = {};
    begin(name, ioctl(fb, FBIOPUT_VSCREENINFO, &var));
    for (const fb_bitfield& field : {var.red, var.green, var.blue})
        std::printf(" %u/%u/%u", field.offset, field.length, field.msb_right);
    fb_fix_screeninfo fix{};
    ioctl(fb, FBIOGET_FSCREENINFO, &fix);
    std::printf(" line %u visual %u\n", fix.line_length, fix.visual);
    std::printf("%s, transparency: %u/%u\n", name, var.transp.offset, var.transp.length);
}

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

void colours() {
    std::vector<std::uint16_t> red(600, 0xaaaa), green(600, 0xaaaa), blue(600, 0xaaaa), clear(600, 0xaaaa);
    const auto map = [&](std::uint32_t start, std::uint32_t length) {
        return fb_cmap{.start = start,
                       .len = length,
                       .red = red.data(),
                       .green = green.data(),
                       .blue = blue.data(),
                       .transp = nullptr};
    };
    const auto get = [&](const char* name, fb_cmap wanted) {
        for (auto* const part : {&red, &green, &blue, &clear}) part->assign(600, 0xaaaa);
        begin(name, ioctl(fb, FBIOGETCMAP, &wanted));
        std::uint32_t sum = 0;
        unsigned untouched = 0;
        for (unsigned i = 0; i < 600; ++i) {
            sum = sum * 31 + red[i] + 7U * green[i] + 13U * blue[i] + 17U * clear[i];
            untouched += red[i] == 0xaaaa;
        }
        std::printf(" %08x, %u not touched, first %04x,%04x,%04x\n", sum, untouched, red[0], green[0],
                    blue[0]);
    };
    const auto put = [&](const char* name, fb_cmap wanted) {
        for (unsigned i = 0; i < 600; ++i) {
            red[i] = static_cast<std::uint16_t>(i * 3 + 1);
            green[i] = static_cast<std::uint16_t>(i * 5 + 2);
            blue[i] = static_cast<std::uint16_t>(i * 7 + 3);
        }
        line(name, ioctl(fb, FBIOPUTCMAP, &wanted));
        get("colours then", map(0, 256));
    };
    get("colours of the console", map(0, 16));
    get("colours none", map(0, 0));
    get("colours all", map(0, 256));
    get("colours more than all", map(0, 600));
    get("colours from the last", map(255, 2));
    get("colours behind the last", map(256, 1));
    get("colours from the largest", map(~0U, 1));
    get("colours largest", map(250, ~0U));
    fb_cmap clear_too = map(0, 16);
    clear_too.transp = clear.data();
    get("colours with transparency", clear_too);
    fb_cmap nowhere = map(0, 16);
    nowhere.green = nullptr;
    get("colours with nowhere for green", nowhere);
    put("put colours 16", map(0, 16));
    put("put colours 256", map(0, 256));
    put("put colours none", map(0, 0));
    put("put colours from 250", map(250, 10));
    put("put colours from 256", map(256, 1));
    put("put colours from the largest", map(~0U, 1));
    put("put colours from the largest positive", map(0x7fffffff, 2));
    put("put colours 600", map(0, 600));
    put("put colours largest", map(0, ~0U));
    put("put colours 2^31", map(0, 0x80000000));
    put("put colours 2^30", map(0, 0x40000000));
    put("put colours 2^30 - 1", map(0, 0x3fffffff));
    put("put colours 2^21 + 1", map(0, (1U << 21) + 1));
    put("put colours behind the memory", map(0, 1U << 20));
    clear_too.transp = clear.data();
    put("put colours with transparency", clear_too);
    put("put colours with nowhere for green", nowhere);
    clear_too.transp = reinterpret_cast<std::uint16_t*>(8);
    put("put colours with nowhere for transparency", clear_too);
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

void transfers(long end) {
    std::vector<char> bytes(static_cast<std::size_t>(end) + 2 * page, 0);
    const auto at = [&](const char* name, long position, long count) {
        std::array<char, 64> whole{};
        const auto size = static_cast<std::size_t>(count);
        std::snprintf(whole.data(), whole.size(), "pread %s", name);
        line(whole.data(), pread(fb, bytes.data(), size, position));
        std::snprintf(whole.data(), whole.size(), "pwrite %s", name);
        line(whole.data(), pwrite(fb, bytes.data(), size, position));
        std::snprintf(whole.data(), whole.size(), "lseek for %s", name);
        line(whole.data(), lseek(fb, position, SEEK_SET));
        std::snprintf(whole.data(), whole.size(), "read %s", name);
        line(whole.data(), read(fb, bytes.data(), size));
        std::snprintf(whole.data(), whole.size(), "position after reading %s", name);
        line(whole.data(), lseek(fb, 0, SEEK_CUR));
        lseek(fb, position < 0 ? 0 : position, SEEK_SET);
        std::snprintf(whole.data(), whole.size(), "write %s", name);
        line(whole.data(), write(fb, bytes.data(), size));
        std::snprintf(whole.data(), whole.size(), "position after writing %s", name);
        line(whole.data(), lseek(fb, 0, SEEK_CUR));
    };
    at("nothing", 0, 0);
    at("all", 0, end);
    at("more than all", 0, end + 1);
    at("one byte", 12345, 1);
    at("last byte", end - 1, 1);
    at("two from the last", end - 1, 2);
    at("at the end", end, 1);
    at("nothing at the end", end, 0);
    at("behind the end", end + 1, 1);
    at("nothing behind the end", end + 1, 0);
    at("more than all from the middle", end / 2, end + 1);
    at("far behind", 1L << 40, 1);
    at("at the largest position", INT64_MAX, 1);
    at("at the largest position but one", INT64_MAX - 1, 1);
    at("before the start", -1, 1);
    line("lseek to the end", lseek(fb, 0, SEEK_END));
    line("lseek behind the end", lseek(fb, 100, SEEK_END));
    line("lseek before the end", lseek(fb, -1, SEEK_END));
    line("lseek from here", lseek(fb, 50, SEEK_CUR));
    line("lseek from here before the start", lseek(fb, -1000, SEEK_CUR));
    line("lseek data", lseek(fb, 0, SEEK_DATA));
    line("lseek hole", lseek(fb, 0, SEEK_HOLE));
    line("lseek unknown", lseek(fb, 0, 99));
    lseek(fb, 0, SEEK_SET);
    line("read to null", read(fb, no_memory, 100));
    line("write from null", write(fb, no_memory, 100));
    line("read nothing to null", read(fb, no_memory, 0));
    line("write more than all from null", pwrite(fb, no_memory, static_cast<std::size_t>(end) + 1, 0));
    line("write two from the last from null", pwrite(fb, no_memory, 2, end - 1));
    line("read at the end to null", pread(fb, no_memory, 2, end));
    line("position", lseek(fb, 0, SEEK_CUR));
    line("read the largest count", pread(fb, no_memory, largest_count, 0));
    char* const pages = static_cast<char*>(
        mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    std::memset(pages, 0x5a, page);
    mprotect(pages + page, page, PROT_NONE);
    line("read half", read(fb, pages + page - 64, 128));
    line("position after half", lseek(fb, 0, SEEK_CUR));
    line("write half", write(fb, pages + page - 64, 128));
    line("position after half written", lseek(fb, 0, SEEK_CUR));
    munmap(pages, 2 * page);

    std::array<char, 16> first{}, second{};
    std::array<iovec, 2> parts = {{{first.data(), 16}, {second.data(), 16}}};
    line("readv", preadv(fb, parts.data(), 2, 0));
    line("readv at the end", preadv(fb, parts.data(), 2, end - 20));
    line("writev at the end", pwritev(fb, parts.data(), 2, end - 20));
    line("writev behind the end", pwritev(fb, parts.data(), 2, end + 20));
    line("readv of nothing", readv(fb, parts.data(), 0));
    line("readv of too many", readv(fb, parts.data(), too_many_parts));
    line("readv of less than nothing", readv(fb, parts.data(), negative_parts));
    line("readv of null", readv(fb, reinterpret_cast<const iovec*>(no_memory), 1));
    parts[1].iov_base = no_memory;
    line("readv with null second", preadv(fb, parts.data(), 2, 0));
    parts[1].iov_len = SIZE_MAX;
    line("readv too long", preadv(fb, parts.data(), 2, 0));

    std::array<char, 4> back{};
    line("pwrite a pixel", pwrite(fb, "abcd", 4, 4001));
    begin("pread a pixel", pread(fb, back.data(), 4, 4001));
    std::printf(" %.4s\n", back.data());
}

void maps(const char* device, long end) {
    const auto map = [](const char* name, std::size_t size, int protection, int flags, int from,
                        long offset) {
        void* const got = mmap(nullptr, size, protection, flags, from, offset);
        line(name, got == MAP_FAILED ? -1 : 0);
        return static_cast<volatile char*>(got == MAP_FAILED ? nullptr : got);
    };
    const auto unmap = [](volatile char* at, std::size_t size) {
        if (at) munmap(const_cast<char*>(at), size);
    };
    const auto whole = static_cast<std::size_t>(end);
    constexpr int both = PROT_READ | PROT_WRITE;
    unmap(map("map nothing", 0, both, MAP_SHARED, fb, 0), 0);
    unmap(map("map more than all", whole + 1, both, MAP_SHARED, fb, 0), whole + page);
    unmap(map("map a page behind", page, both, MAP_SHARED, fb, end), page);
    unmap(map("map two from the last page", 2 * page, both, MAP_SHARED, fb, end - page), 2 * page);
    unmap(map("map far behind", page, both, MAP_SHARED, fb, 1L << 40), page);
    unmap(map("map the last offset", page, both, MAP_SHARED, fb, -page), page);
    unmap(map("map unaligned", page, both, MAP_SHARED, fb, 1), page);
    unmap(map("map largest", SIZE_MAX, both, MAP_SHARED, fb, 0), page);
    unmap(map("map without kind", page, both, 0, fb, 0), page);
    unmap(map("map the last page", page, both, MAP_SHARED, fb, end - page), page);
    unmap(map("map part of a page", 100, both, MAP_SHARED, fb, page), page);
    unmap(map("map to read", page, PROT_READ, MAP_SHARED, fb, 0), page);
    unmap(map("map for nothing", page, PROT_NONE, MAP_SHARED, fb, 0), page);
    unmap(map("map validated", page, both, MAP_SHARED_VALIDATE, fb, 0), page);

    volatile char* const shared = map("map all", whole, both, MAP_SHARED, fb, 0);
    std::array<char, 4> back{};
    if (shared) {
        shared[5000] = 'm';
        begin("a store is read", pread(fb, back.data(), 1, 5000));
        std::printf(" %c\n", back[0]);
        line("pwrite before a load", pwrite(fb, "w", 1, 5001));
        std::printf("what was written is loaded: %c\n", shared[5001]);
        line("synchronise the mapping", msync(const_cast<char*>(shared), whole, MS_SYNC));
    }
    volatile char* const again = map("map all again", whole, both, MAP_SHARED, fb, 0);
    if (shared && again) {
        again[6000] = 'n';
        std::printf("a store in the other mapping: %c\n", shared[6000]);
    }
    unmap(again, whole);
    volatile char* const own = map("map privately", whole, both, MAP_PRIVATE, fb, 0);
    if (own && shared) {
        std::printf("what is mapped privately: %c\n", own[5000]);
        own[5000] = 'p';
        std::printf("a private store: %c %c\n", own[5000], shared[5000]);
    }
    unmap(own, whole);
    unmap(map("map privately behind", page, both, MAP_PRIVATE, fb, end), page);
    unmap(shared, whole);

    const int reading = open(device, O_RDONLY | O_CLOEXEC);
    line("open to read", reading < 0 ? -1 : 0);
    unmap(map("reader maps to store", page, both, MAP_SHARED, reading, 0), page);
    unmap(map("reader maps to read", page, PROT_READ, MAP_SHARED, reading, 0), page);
    unmap(map("reader maps privately to store", page, both, MAP_PRIVATE, reading, 0), page);
    line("reader writes", write(reading, "x", 1));
    line("reader writes nothing", write(reading, "x", 0));
    line("reader reads", read(reading, back.data(), 4));
    fb_var_screeninfo var = get_var();
    line("reader puts a mode", ioctl(reading, FBIOPUT_VSCREENINFO, &var));
    line("reader pans", ioctl(reading, FBIOPAN_DISPLAY, &var));
    line("reader blanks", ioctl(reading, FBIOBLANK, 77UL));
    close(reading);
    const int writing = open(device, O_WRONLY | O_CLOEXEC);
    line("open to write", writing < 0 ? -1 : 0);
    unmap(map("writer maps to store", page, PROT_WRITE, MAP_SHARED, writing, 0), page);
    unmap(map("writer maps privately", page, PROT_READ, MAP_PRIVATE, writing, 0), page);
    line("writer reads", read(writing, back.data(), 4));
    line("writer writes", write(writing, "x", 1));
    close(writing);
    const int path = open(device, O_PATH | O_CLOEXEC);
    line("open a path", path < 0 ? -1 : 0);
    line("path reads", read(path, back.data(), 4));
    line("path asks", ioctl(path, FBIOGET_VSCREENINFO, &var));
    unmap(map("path maps", page, PROT_READ, MAP_SHARED, path, 0), page);
    close(path);
    line("closed asks", ioctl(path, FBIOGET_VSCREENINFO, &var));
    line("closed reads", read(path, back.data(), 4));
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
    say_fields("fields of 16 bits", 16, false);
    say_fields("fields of 32 bits", 32, false);
    say_fields("fields of 32 bits, red last", 32, true);
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
