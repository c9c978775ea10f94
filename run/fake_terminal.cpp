#include "run/fake_terminal.h"

#include <asm/ioctls.h>
#include <linux/kd.h>
#include <linux/keyboard.h>

#include <cerrno>

namespace fbdev {
namespace {

constexpr std::uint16_t terminals = 63;
constexpr int free_terminal = 7;
constexpr std::uint16_t no_key = K_HOLE;

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
    REQUEST(VT_DISALLOCATE), REQUEST(VT_LOCKSWITCH), REQUEST(VT_UNLOCKSWITCH), {0x4B51, "KDSKBMUTE"},
    {0x4B50, "KDGKBMUTE"},
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
    const auto put = [&](const auto& value) { return memory.put(argument, value) ? 0 : EFAULT; };
    switch (request) {
        case KDGETMODE:
            return put(graphics_);
        case KDSETMODE:
            if (argument != KD_TEXT && argument != KD_GRAPHICS) return EINVAL;
            graphics_ = static_cast<int>(argument);
            return 0;
        case KDGKBMODE:
            return put(keyboard_);
        case KDSKBMODE:
            if (argument > K_OFF) return EINVAL;
            keyboard_ = static_cast<int>(argument);
            return 0;
        case KDGKBTYPE:
            return put(static_cast<char>(KB_101));
        case KDGKBENT: {
            kbentry entry;
            if (!memory.get(argument, entry)) return EFAULT;
            entry.kb_value = no_key;
            return put(entry);
        }
        case KDGKBSENT: {
            kbsentry entry;
            if (!memory.get(argument, entry.kb_func)) return EFAULT;
            const unsigned char nothing = 0;
            return memory.put(argument + 1, nothing) ? 0 : EFAULT;
        }
        case KDGETLED:
        case KDGKBLED:
            return put(static_cast<char>(0));
        case KDGKBMETA:
            return put(static_cast<int>(K_ESCPREFIX));
        case VT_OPENQRY:
            return put(free_terminal);
        case VT_GETMODE:
            return put(mode_);
        case VT_SETMODE: {
            vt_mode wanted;
            if (!memory.get(argument, wanted)) return EFAULT;
            if (wanted.mode != VT_AUTO && wanted.mode != VT_PROCESS) return EINVAL;
            mode_ = wanted;
            return 0;
        }
        case VT_GETSTATE: {
            const vt_stat state = {
                .v_active = active_,
                .v_signal = 0,
                .v_state = static_cast<std::uint16_t>(1U | (active_ < 16 ? 1U << active_ : 0U))};
            return put(state);
        }
        case VT_ACTIVATE:
            if (argument < 1 || argument > terminals) return ENXIO;
            active_ = static_cast<std::uint16_t>(argument);
            return 0;
        case VT_WAITACTIVE:
            return argument < 1 || argument > terminals ? ENXIO : 0;
        default:
            return knows(request) ? 0 : ENOTTY;
    }
}

}  // namespace fbdev
