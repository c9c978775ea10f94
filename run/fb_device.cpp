#include "run/fb_device.h"

#include <sys/ioctl.h>

#include <cerrno>
#include <cstring>
#include <initializer_list>

// Not in the kernel's header for programs.
#ifndef FB_ACTIVATE_KD_TEXT
#define FB_ACTIVATE_KD_TEXT 512
#endif

namespace fbdev {
namespace {

constexpr std::uint32_t smallest_page = 4096;
constexpr std::uint32_t consoles = 63;  // MAX_NR_CONSOLES
// The kernel takes as much as it can allocate at once.
constexpr std::uint64_t largest_colour_map = 4U << 20;

void set_field(fb_bitfield& field, std::uint32_t offset, std::uint32_t length) {
    field = {.offset = offset, .length = length, .msb_right = 0};
}

// The 16 colours of the text console, which fbmem starts with.
void console_colours(std::uint16_t* red, std::uint16_t* green, std::uint16_t* blue) {
    for (unsigned i = 0; i < 16; ++i) {
        const unsigned base = i < 8 ? 0 : 0x5555;
        red[i] = static_cast<std::uint16_t>(base + (i & 4 ? 0xaaaa : 0));
        green[i] = static_cast<std::uint16_t>(base + (i & 2 ? 0xaaaa : 0));
        blue[i] = static_cast<std::uint16_t>(base + (i & 1 ? 0xaaaa : 0));
    }
    green[6] = 0x5555;  // brown
}

// fb_fix_screeninfo and fb_cmap of a program of 32 bits.
struct NarrowFix {
    char id[16];
    std::uint32_t smem_start, smem_len, type, type_aux, visual;
    std::uint16_t xpanstep, ypanstep, ywrapstep;
    std::uint32_t line_length, mmio_start, mmio_len, accel;
    std::uint16_t capabilities, reserved[2];
};
static_assert(sizeof(NarrowFix) == 68);
struct NarrowMap {
    std::uint32_t start, len, red, green, blue, transp;
};

__u16* pointer_of(std::uint32_t address) {
    return reinterpret_cast<__u16*>(std::uintptr_t{address});
}

bool get_map(std::uint64_t argument, fb_cmap& map, const CallerMemory& memory) {
    if (!memory.narrow) return memory.get(argument, map);
    NarrowMap narrow;
    if (!memory.get(argument, narrow)) return false;
    map = {.start = narrow.start,
           .len = narrow.len,
           .red = pointer_of(narrow.red),
           .green = pointer_of(narrow.green),
           .blue = pointer_of(narrow.blue),
           .transp = pointer_of(narrow.transp)};
    return true;
}

FbAnswer fb_answer(int error) {
    return {.error = error};
}

// As the kernel compares modes: not by the depth, nor by what is virtual.
bool same_timings(const fb_var_screeninfo& one, const fb_var_screeninfo& other) {
    constexpr std::uint32_t kind = 255;  // FB_VMODE_MASK
    return one.xres == other.xres && one.yres == other.yres && one.pixclock == other.pixclock &&
           one.left_margin == other.left_margin && one.right_margin == other.right_margin &&
           one.upper_margin == other.upper_margin && one.lower_margin == other.lower_margin &&
           one.hsync_len == other.hsync_len && one.vsync_len == other.vsync_len && one.sync == other.sync &&
           (one.vmode & kind) == (other.vmode & kind);
}

std::uint64_t address(const void* pointer) {
    return reinterpret_cast<std::uintptr_t>(pointer);
}

}  // namespace

FbDevice::FbDevice(const FbScreen& screen, unsigned bits, unsigned heights, unsigned begun_with)
    : screen_(screen), heights_(heights) {
    var_.xres = var_.xres_virtual = screen.width;
    var_.yres = var_.yres_virtual = screen.height;
    var_.bits_per_pixel = bits;
    var_.width = var_.height = ~0U;  // millimetres: not known
    var_.vmode = FB_VMODE_NONINTERLACED;
    check(var_);
    std::memcpy(fix_.id, "hvfbd", sizeof "hvfbd");
    have_memory(begun_with < heights ? begun_with : heights);
    fix_.type = FB_TYPE_PACKED_PIXELS;
    fix_.visual = FB_VISUAL_TRUECOLOR;
    fix_.ypanstep = 1;
    fix_.accel = FB_ACCEL_NONE;
    set_fix();
    console_colours(red_, green_, blue_);
}

// It is the same in every mode that it is enough for, as a card's is.
void FbDevice::have_memory(unsigned heights) {
    memory_size_ = std::uint64_t{screen_.stride} * screen_.height * heights;
    fix_.smem_len =
        static_cast<std::uint32_t>((memory_size_ + smallest_page - 1) / smallest_page * smallest_page);
}

void FbDevice::set_fix() {
    fix_.line_length = var_.bits_per_pixel == 32 ? screen_.stride : (screen_.width * 2 + 3) & ~3U;
}

FbAnswer FbDevice::ioctl(std::uint32_t request, std::uint64_t argument, const CallerMemory& memory) {
    fb_var_screeninfo var;
    fb_cmap map;
    fb_con2fbmap console;
    switch (request) {
        case FBIOGET_VSCREENINFO:
            return fb_answer(memory.put(argument, var_) ? 0 : EFAULT);
        case FBIOPUT_VSCREENINFO: {
            if (!memory.get(argument, var)) return fb_answer(EFAULT);
            var.activate &= ~std::uint32_t{FB_ACTIVATE_KD_TEXT};
            FbAnswer answer = set_var(var);
            if (answer.error == 0 && !memory.put(argument, var)) answer.error = EFAULT;
            return answer;
        }
        case FBIOGET_FSCREENINFO:
            return fb_answer(put_fix(argument, memory) ? 0 : EFAULT);
        case FBIOPUTCMAP:
            return get_map(argument, map, memory) ? put_colours(map, memory) : fb_answer(EFAULT);
        case FBIOGETCMAP:
            return get_map(argument, map, memory) ? get_colours(map, memory) : fb_answer(EFAULT);
        case FBIOPAN_DISPLAY: {
            if (!memory.get(argument, var)) return fb_answer(EFAULT);
            FbAnswer answer = pan(var);
            if (answer.error == 0 && !memory.put(argument, var)) answer.error = EFAULT;
            return answer;
        }
        case FBIO_CURSOR:
            return fb_answer(EINVAL);
        case FBIOGET_CON2FBMAP:
            if (!memory.get(argument, console)) return fb_answer(EFAULT);
            if (console.console < 1 || console.console > consoles) return fb_answer(EINVAL);
            console.framebuffer = 0;
            return fb_answer(memory.put(argument, console) ? 0 : EFAULT);
        case FBIOPUT_CON2FBMAP:
            if (!memory.get(argument, console)) return fb_answer(EFAULT);
            // There is one framebuffer.
            return fb_answer(
                console.console < 1 || console.console > consoles || console.framebuffer != 0 ? EINVAL : 0);
        case FBIOBLANK:
            if (argument > FB_BLANK_POWERDOWN) return fb_answer(EINVAL);
            blanked_ = static_cast<unsigned>(argument);
            return {.effect = FbEffect::blank};
        case FBIO_WAITFORVSYNC:
            return {.effect = FbEffect::wait_for_vsync};
        default:
            return fb_answer(ENOTTY);
    }
}

bool FbDevice::put_fix(std::uint64_t to, const CallerMemory& memory) const {
    if (!memory.narrow) return memory.put(to, fix_);
    NarrowFix narrow{};
    std::memcpy(narrow.id, fix_.id, sizeof narrow.id);
    narrow.smem_len = fix_.smem_len;
    narrow.type = fix_.type;
    narrow.visual = fix_.visual;
    narrow.ypanstep = fix_.ypanstep;
    narrow.line_length = fix_.line_length;
    narrow.accel = fix_.accel;
    return memory.put(to, narrow);
}

FbAnswer FbDevice::set_var(fb_var_screeninfo& var) {
    if (var.activate & FB_ACTIVATE_INV_MODE) {
        // To forget a mode: of the one that there is it is refused.
        return fb_answer(same_timings(var, var_) ? EINVAL : 0);
    }
    if (!(var.activate & FB_ACTIVATE_FORCE) && std::memcmp(&var, &var_, sizeof var) == 0) return {};
    if (var.xres < 8 || var.yres < 8) return fb_answer(EINVAL);
    if (const int error = check(var)) return fb_answer(error);
    if ((var.activate & FB_ACTIVATE_MASK) != FB_ACTIVATE_NOW) return {};

    const bool panned = var.yoffset != var_.yoffset;
    const bool changed = var.bits_per_pixel != var_.bits_per_pixel || var.red.offset != var_.red.offset ||
                         var.yres_virtual != var_.yres_virtual;
    var_ = var;
    set_fix();
    if (size() > memory_size_) have_memory(heights_);
    return {.effect = changed ? FbEffect::mode : panned ? FbEffect::pan : FbEffect::none};
}

// Makes of a mode the next one that there is, as drivers do. 0 or an errno.
int FbDevice::check(fb_var_screeninfo& var) const {
    // FOURCC modes have more than 1 here.
    if (var.grayscale > 1) return EINVAL;
    if (var.xres != screen_.width || var.yres != screen_.height) return EINVAL;
    if (var.xres_virtual > var.xres || var.xoffset != 0) return EINVAL;
    if (var.bits_per_pixel <= 8 || var.bits_per_pixel > 32) return EINVAL;
    if (var.yoffset > screen_.height * (heights_ - 1) || var.yres_virtual > screen_.height * heights_)
        return EINVAL;
    var.xres_virtual = var.xres;
    if (var.yres_virtual < var.yoffset + var.yres) var.yres_virtual = var.yoffset + var.yres;
    var.grayscale = 0;
    var.nonstd = 0;
    var.rotate = FB_ROTATE_UR;
    var.vmode = FB_VMODE_NONINTERLACED;
    var.bits_per_pixel = var.bits_per_pixel <= 16 ? 16 : 32;
    if (var.bits_per_pixel == 16) {
        set_field(var.red, 11, 5);
        set_field(var.green, 5, 6);
        set_field(var.blue, 0, 5);
        set_field(var.transp, 0, 0);
    } else {
        const bool wants_bgr = var.red.offset == 0 && var.red.length == 8 && var.blue.offset == 16;
        set_field(var.red, wants_bgr ? 0 : 16, 8);
        set_field(var.green, 8, 8);
        set_field(var.blue, wants_bgr ? 16 : 0, 8);
        set_field(var.transp, 24, 0);
    }
    return 0;
}

// Only the offsets and FB_VMODE_YWRAP of what is wanted count.
FbAnswer FbDevice::pan(const fb_var_screeninfo& wanted) {
    if (wanted.xoffset != 0 || (wanted.yoffset != 0 && (wanted.vmode & FB_VMODE_YWRAP)))
        return fb_answer(EINVAL);
    if (wanted.yoffset > var_.yres_virtual - var_.yres) return fb_answer(EINVAL);
    var_.yoffset = wanted.yoffset;
    // Linux keeps it, where nothing is to be wrapped yet.
    var_.vmode = (var_.vmode & ~std::uint32_t{FB_VMODE_YWRAP}) | (wanted.vmode & FB_VMODE_YWRAP);
    return {.effect = FbEffect::pan};
}

FbAnswer FbDevice::put_colours(const fb_cmap& map, const CallerMemory& memory) {
    const std::uint64_t bytes = std::uint64_t{map.len} * 2;
    if (bytes > 0x7fffffff) return fb_answer(E2BIG);
    if (map.len == 0) return fb_answer(EINVAL);
    if (bytes > largest_colour_map) return fb_answer(ENOMEM);
    std::uint16_t part[3][colours];
    // All of it is read before anything is taken: what cannot be read changes nothing.
    for (const bool take : {false, true})
        for (std::uint32_t done = 0; done < map.len; done += colours) {
            const std::uint32_t count = map.len - done < colours ? map.len - done : colours;
            const std::size_t size = std::size_t{count} * 2;
            const __u16* const from[] = {map.red, map.green, map.blue};
            for (int colour = 0; colour < 3; ++colour)
                if (!memory.read(memory.context, address(from[colour]) + std::uint64_t{done} * 2,
                                 part[colour], size))
                    return fb_answer(EFAULT);
            if (!take) {
                std::uint16_t transparency[colours];
                if (map.transp && !memory.read(memory.context, address(map.transp) + std::uint64_t{done} * 2,
                                               transparency, size))
                    return fb_answer(EFAULT);
                continue;
            }
            for (std::uint32_t i = 0; i < count; ++i) {
                const std::uint64_t place = std::uint64_t{map.start} + done + i;
                if (place >= colours) break;
                red_[place] = part[0][i];
                green_[place] = part[1][i];
                blue_[place] = part[2][i];
            }
        }
    return fb_answer(map.start > 0x7fffffff ? EINVAL : 0);
}

FbAnswer FbDevice::get_colours(const fb_cmap& map, const CallerMemory& memory) const {
    if (map.start >= colours || map.len == 0) return fb_answer(EINVAL);
    const std::uint32_t left = colours - map.start;
    const std::size_t bytes = std::size_t{map.len < left ? map.len : left} * 2;
    const bool copied = memory.write(memory.context, address(map.red), red_ + map.start, bytes) &&
                        memory.write(memory.context, address(map.green), green_ + map.start, bytes) &&
                        memory.write(memory.context, address(map.blue), blue_ + map.start, bytes);
    return fb_answer(copied ? 0 : EFAULT);
}

FbTransfer FbDevice::reading(std::uint64_t position, std::uint64_t count) const {
    if (position >= size()) return {};
    const std::uint64_t left = size() - position;
    return {.count = count < left ? count : left};
}

FbTransfer FbDevice::writing(std::uint64_t position, std::uint64_t count) const {
    if (position > size()) return {.error = EFBIG};
    const std::uint64_t left = size() - position;
    if (count <= left) return {.count = count};
    return {.count = left, .error = count > size() ? EFBIG : ENOSPC};
}

const char* fb_request_name(std::uint32_t request) {
    switch (request) {
        case FBIOGET_VSCREENINFO:
            return "FBIOGET_VSCREENINFO";
        case FBIOPUT_VSCREENINFO:
            return "FBIOPUT_VSCREENINFO";
        case FBIOGET_FSCREENINFO:
            return "FBIOGET_FSCREENINFO";
        case FBIOPUTCMAP:
            return "FBIOPUTCMAP";
        case FBIOGETCMAP:
            return "FBIOGETCMAP";
        case FBIOPAN_DISPLAY:
            return "FBIOPAN_DISPLAY";
        case FBIO_CURSOR:
            return "FBIO_CURSOR";
        case FBIOGET_CON2FBMAP:
            return "FBIOGET_CON2FBMAP";
        case FBIOPUT_CON2FBMAP:
            return "FBIOPUT_CON2FBMAP";
        case FBIOBLANK:
            return "FBIOBLANK";
        case FBIO_WAITFORVSYNC:
            return "FBIO_WAITFORVSYNC";
        case FBIOGET_VBLANK:
            return "FBIOGET_VBLANK";
        default:
            return nullptr;
    }
}

}  // namespace fbdev
