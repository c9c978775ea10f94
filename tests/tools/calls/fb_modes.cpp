// Modes that a framebuffer is asked for, also absurd ones.
#include <sys/ioctl.h>

#include <array>
#include <cstdio>

#include "fb.h"
#include "said.h"

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

void fields(const char* name, std::uint32_t bits, bool red_last) {
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
