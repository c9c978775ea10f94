#include "run/fake_terminal.h"

#include <asm/ioctls.h>
#include <linux/kd.h>
#include <linux/keyboard.h>

#include <cerrno>
#include <cstddef>

namespace fbdev {
namespace {

constexpr std::uint16_t terminals = 63;
constexpr int free_terminal = 7;
constexpr std::uint16_t no_key = K_HOLE, no_table = K_NOSUCHMAP;

struct Name {
    std::uint32_t request;
    const char* name;
};
#define REQUEST(name) \
    { name, #name }
constexpr Name names[] = {
    REQUEST(KDGETMODE),      REQUEST(KDSETMODE),     REQUEST(KDGKBMODE),       REQUEST(KDSKBMODE),
    REQUEST(KDGKBTYPE),      REQUEST(KDGKBENT),      REQUEST(KDSKBENT),        REQUEST(KDGKBSENT),
    REQUEST(KDGETLED),       REQUEST(KDSETLED),      REQUEST(KDGKBLED),        REQUEST(KDSKBLED),
    REQUEST(KDGKBMETA),      REQUEST(KDSKBMETA),     REQUEST(KDMKTONE),        REQUEST(KIOCSOUND),
    REQUEST(KDKBDREP),       REQUEST(VT_OPENQRY),    REQUEST(VT_GETMODE),      REQUEST(VT_SETMODE),
    REQUEST(VT_GETSTATE),    REQUEST(VT_RELDISP),    REQUEST(VT_ACTIVATE),     REQUEST(VT_WAITACTIVE),
    REQUEST(VT_DISALLOCATE), REQUEST(VT_LOCKSWITCH), REQUEST(VT_UNLOCKSWITCH), REQUEST(KDMAPDISP),
    REQUEST(KDUNMAPDISP),
};
#undef REQUEST

}  // namespace

const char* terminal_request_name(std::uint32_t request) {
    for (const Name& known : names)
        if (known.request == request) return known.name;
    return nullptr;
}

bool FakeTerminal::knows(std::uint32_t request) {
    // All ioctls of a program come by.
    const std::uint32_t letter = request >> 8;
    return (letter == 'K' || letter == 'V') && terminal_request_name(request) != nullptr;
}

int FakeTerminal::ioctl(std::uint32_t request, std::uint64_t argument, const CallerMemory& memory) {
    switch (request) {
        case KDGETMODE:
            return memory.put(argument, graphics_) ? 0 : EFAULT;
        case KDSETMODE:
            // Two more names of text, of long ago.
            if (argument > KD_TEXT1) return EINVAL;
            graphics_ = argument == KD_GRAPHICS ? KD_GRAPHICS : KD_TEXT;
            return 0;
        case KDMAPDISP:
        case KDUNMAPDISP:
            return EINVAL;
        case VT_OPENQRY:
            return memory.put(argument, free_terminal + (active_ == free_terminal)) ? 0 : EFAULT;
        case VT_GETMODE:
            return memory.put(argument, switching_) ? 0 : EFAULT;
        case VT_SETMODE:
            return set_switching(argument, memory);
        case VT_GETSTATE:
            return say_state(argument, memory);
        case VT_RELDISP:
            // Nobody asked for it, so that there is nothing to say but that it was taken.
            return switching_.mode == VT_PROCESS && argument == VT_ACKACQ ? 0 : EINVAL;
        case VT_ACTIVATE:
            if (argument < 1 || argument > terminals) return ENXIO;
            active_ = static_cast<std::uint16_t>(argument);
            return 0;
        case VT_WAITACTIVE:
            return argument < 1 || argument > terminals ? ENXIO : 0;
        case VT_DISALLOCATE:
            if (argument > terminals) return ENXIO;
            return argument == active_ ? EBUSY : 0;
        case VT_LOCKSWITCH:
        case VT_UNLOCKSWITCH:
            return 0;
        default:
            return keyboard_ioctl(request, argument, memory);
    }
}

int FakeTerminal::keyboard_ioctl(std::uint32_t request, std::uint64_t argument, const CallerMemory& memory) {
    const auto put = [&](const auto& value) { return memory.put(argument, value) ? 0 : EFAULT; };
    // As much of a number as the kernel looks at.
    const auto number = static_cast<std::uint32_t>(argument);
    switch (request) {
        case KDGKBMODE:
            return put(keyboard_);
        case KDSKBMODE:
            if (number > K_OFF) return EINVAL;
            keyboard_ = static_cast<int>(number);
            return 0;
        case KDGKBMETA:
            return put(meta_);
        case KDSKBMETA:
            if (number != K_METABIT && number != K_ESCPREFIX) return EINVAL;
            meta_ = static_cast<int>(number);
            return 0;
        case KDGKBTYPE:
            return put(static_cast<char>(KB_101));
        case KDGKBENT: {
            kbentry entry;
            if (!memory.get(argument, entry)) return EFAULT;
            // Of a table that is not there the first key says so.
            entry.kb_value = entry.kb_table != 0 && entry.kb_index == 0 ? no_table : no_key;
            return put(entry);
        }
        case KDSKBENT: {
            kbentry entry;
            return memory.get(argument, entry) ? 0 : EFAULT;
        }
        case KDGKBSENT: {
            kbsentry entry;
            if (!memory.get(argument, entry.kb_func)) return EFAULT;
            const unsigned char nothing = 0;
            return memory.put(argument + 1, nothing) ? 0 : EFAULT;
        }
        case KDGKBLED:
            return put(flags_);
        case KDSKBLED:
            // Caps, Num and Scroll Lock, now and after a reset.
            if ((argument & ~std::uint64_t{0x77}) != 0) return EINVAL;
            flags_ = static_cast<unsigned char>(argument);
            return 0;
        case KDGETLED:
            return put(static_cast<char>(0));
        case KDKBDREP: {
            kbd_repeat repeat;
            return memory.get(argument, repeat) ? put(repeat) : EFAULT;
        }
        case KDSKBSENT:
        case KDSETLED:
        case KDMKTONE:
        case KIOCSOUND:
            return 0;
        default:
            return ENOTTY;
    }
}

int FakeTerminal::set_switching(std::uint64_t argument, const CallerMemory& memory) {
    vt_mode wanted;
    if (!memory.get(argument, wanted)) return EFAULT;
    if (wanted.mode != VT_AUTO && wanted.mode != VT_PROCESS) return EINVAL;
    switching_ = wanted;
    // Nobody uses it.
    switching_.frsig = 0;
    return 0;
}

int FakeTerminal::say_state(std::uint64_t argument, const CallerMemory& memory) const {
    // The first one is always in use. The signal in between stays what it is.
    const auto in_use = static_cast<std::uint16_t>(1U | (active_ < 16 ? 1U << active_ : 0U));
    const bool said = memory.put(argument + offsetof(vt_stat, v_active), active_) &&
                      memory.put(argument + offsetof(vt_stat, v_state), in_use);
    return said ? 0 : EFAULT;
}

}  // namespace fbdev
