// Makes a fixed list of calls on a virtual terminal, for the test that compares the kernel's with that of
// hvfb-run: vt_calls DEVICE OTHER
//
// DEVICE is /dev/ttyN, one that nobody uses, and OTHER the number of another one.
#include <fcntl.h>
#include <linux/kd.h>
#include <linux/keyboard.h>
#include <linux/vt.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "said.h"

namespace {

constexpr long page = 4096;
int terminal = -1;

// The name of a call with a number.
struct Name {
    Name(const char* of, long number) { std::snprintf(text.data(), text.size(), "%s %ld", of, number); }
    operator const char*() const { return text.data(); }
    std::array<char, 64> text{};
};

// What is written of what there was.
void get(const char* name, unsigned long request, unsigned size) {
    std::array<unsigned char, 64> bytes;
    bytes.fill(0xa5);
    begin(name, ioctl(terminal, request, bytes.data()));
    std::fputs(" ", stdout);
    for (unsigned i = 0; i < size; ++i) std::printf("%02x", bytes[i]);
    std::puts("");
}

void set(const char* name, unsigned long request, long number) {
    line(Name(name, number), ioctl(terminal, request, number));
}

void modes() {
    get("mode of the screen", KDGETMODE, 6);
    for (const long mode : {1L, 0L, 1L, 2L, 1L, 3L, 4L, 1L, -1L, (1L << 32) + 1}) {
        set("set mode of the screen", KDSETMODE, mode);
        get(Name("mode of the screen after", mode), KDGETMODE, 6);
    }
    set("set mode of the screen back", KDSETMODE, KD_TEXT);
    get("mode of keys", KDGKBMODE, 6);
    for (const long mode : {0L, 1L, 2L, 4L, 3L, 5L, -1L, (1L << 32) + 2}) {
        set("set mode of keys", KDSKBMODE, mode);
        get(Name("mode of keys after", mode), KDGKBMODE, 6);
    }
    get("meta", KDGKBMETA, 6);
    for (const long mode : {3L, 4L, 0L, 5L, -1L}) {
        set("set meta", KDSKBMETA, mode);
        get(Name("meta after", mode), KDGKBMETA, 6);
    }
    set("set meta back", KDSKBMETA, K_ESCPREFIX);
    line("map the display", ioctl(terminal, KDMAPDISP, 0));
    line("unmap the display", ioctl(terminal, KDUNMAPDISP, 0));
}

void lights() {
    for (const long value : {0L, 2L, 7L, 8L, 0x70L, 0x77L, 0x80L, -1L, 0L}) {
        set("set flags of keys", KDSKBLED, value);
        get(Name("flags of keys after", value), KDGKBLED, 3);
    }
    for (const long value : {0L, 5L, 7L, 8L, -1L}) {
        set("set lights", KDSETLED, value);
        get(Name("lights after", value), KDGETLED, 3);
    }
}

void keys() {
    get("kind of keyboard", KDGKBTYPE, 3);
    for (const auto& [table, index] :
         {std::pair{0, 30}, {0, 0}, {0, 255}, {1, 30}, {200, 30}, {200, 0}, {255, 1}}) {
        kbentry entry{.kb_table = static_cast<unsigned char>(table),
                      .kb_index = static_cast<unsigned char>(index),
                      .kb_value = 0xa5a5};
        std::array<char, 64> name{};
        std::snprintf(name.data(), name.size(), "key %d of table %d", index, table);
        begin(name.data(), ioctl(terminal, KDGKBENT, &entry));
        std::printf(" %u %u %#x\n", entry.kb_table, entry.kb_index, entry.kb_value);
    }
    kbentry absurd{.kb_table = 0, .kb_index = 30, .kb_value = K(14, 255)};
    line("set a key to what is none", ioctl(terminal, KDSKBENT, &absurd));
    absurd.kb_value = K(KT_SPEC, 200);
    line("set a key to what its kind has not", ioctl(terminal, KDSKBENT, &absurd));
    absurd = {.kb_table = 0, .kb_index = 0, .kb_value = K_HOLE};
    line("set key 0", ioctl(terminal, KDSKBENT, &absurd));
    kbsentry text{};
    std::memset(&text, 0x5a, sizeof text);
    text.kb_func = 255;
    begin("text of a key that has none", ioctl(terminal, KDGKBSENT, &text));
    std::printf(" %u %d\n", text.kb_func, text.kb_string[0]);
    text.kb_func = 0;
    begin("text of the first key", ioctl(terminal, KDGKBSENT, &text));
    std::printf(" %.4s\n", reinterpret_cast<const char*>(text.kb_string));
    // Without a length it is asked, and what was asked before is said.
    kbd_repeat repeat{.delay = -1, .period = -1};
    line("repeat is asked", ioctl(terminal, KDKBDREP, &repeat));
    line("no sound", ioctl(terminal, KIOCSOUND, 0));
    line("no tone", ioctl(terminal, KDMKTONE, 0));
    line("mute is asked", ioctl(terminal, 0x4B50, nullptr));
    line("mute", ioctl(terminal, 0x4B51, 0));
}

void switches(long other) {
    get("signals", VT_GETMODE, 10);
    static constexpr std::array modes = {
        std::pair{"signals of a process",
                  vt_mode{.mode = VT_PROCESS, .waitv = 1, .relsig = SIGUSR1, .acqsig = SIGUSR2, .frsig = 7}},
        std::pair{"signals of 2", vt_mode{.mode = 2, .waitv = 0, .relsig = 0, .acqsig = 0, .frsig = 0}},
        std::pair{"signals of -1", vt_mode{.mode = -1, .waitv = 0, .relsig = 0, .acqsig = 0, .frsig = 0}},
        std::pair{"signals that are none",
                  vt_mode{.mode = VT_PROCESS, .waitv = -1, .relsig = 999, .acqsig = -1, .frsig = 0}},
        std::pair{"signals of nobody",
                  vt_mode{.mode = VT_AUTO, .waitv = 0, .relsig = SIGUSR1, .acqsig = 0, .frsig = 0}},
    };
    for (const auto& [name, mode] : modes) {
        vt_mode wanted = mode;
        std::array<char, 64> after{};
        std::snprintf(after.data(), after.size(), "%s, then", name);
        line(name, ioctl(terminal, VT_SETMODE, &wanted));
        get(after.data(), VT_GETMODE, 10);
        for (const long release : {0L, 1L, 2L, 3L, -1L}) {
            std::snprintf(after.data(), after.size(), "%s, released as", name);
            set(after.data(), VT_RELDISP, release);
        }
    }
    vt_stat state{.v_active = 0xa5, .v_signal = 0xa5, .v_state = 0};
    begin("state", ioctl(terminal, VT_GETSTATE, &state));
    std::printf(" signal %#x, first %d\n", state.v_signal, state.v_state & 1);
    const long front = state.v_active;
    for (const long number : {0L, 64L, 65L, -1L, 1L << 32}) {
        set("to the front", VT_ACTIVATE, number);
        set("wait until it is in front", VT_WAITACTIVE, number);
    }
    for (const long number : {front, other, front}) {
        line("another to the front", ioctl(terminal, VT_ACTIVATE, number));
        line("until it is there", ioctl(terminal, VT_WAITACTIVE, number));
        begin("which is there", ioctl(terminal, VT_GETSTATE, &state));
        std::printf(" %d\n", state.v_active == number);
    }
    int free_one = -1;
    begin("a free one", ioctl(terminal, VT_OPENQRY, &free_one));
    std::printf(" %d\n", free_one > 0 && free_one < 64);
    begin("it is not in use", ioctl(terminal, VT_GETSTATE, &state));
    std::printf(" %d\n", free_one > 15 || !(state.v_state >> free_one & 1));
    set("free", VT_DISALLOCATE, 64);
    set("free", VT_DISALLOCATE, -1);
    line("free what was in front", ioctl(terminal, VT_DISALLOCATE, other));
    // What nobody had is not asked for: the kernel takes it for what is selected (both are none) until
    // somebody has selected text since the boot, and says EBUSY so long.
    line("free what is in front", ioctl(terminal, VT_DISALLOCATE, front));
    line("free all", ioctl(terminal, VT_DISALLOCATE, 0));
    line("lock", ioctl(terminal, VT_LOCKSWITCH, 0));
    line("unlock", ioctl(terminal, VT_UNLOCKSWITCH, 0));
}

volatile sig_atomic_t releases = 0, returns = 0;

// A program that says itself when it leaves the front, and comes back.
void leave_and_come_back(long own, long other) {
    std::signal(SIGUSR1, [](int) { releases = releases + 1; });
    std::signal(SIGUSR2, [](int) { returns = returns + 1; });
    vt_stat state{};
    ioctl(terminal, VT_GETSTATE, &state);
    const long before = state.v_active;
    const auto show = [&](const char* name) {
        begin(name, ioctl(terminal, VT_GETSTATE, &state));
        std::printf(" %s, signals %d %d\n", state.v_active == other ? "other" : "own", releases, returns);
    };
    line("own to the front", ioctl(terminal, VT_ACTIVATE, own));
    line("own is in front", ioctl(terminal, VT_WAITACTIVE, own));
    vt_mode mode{.mode = VT_PROCESS, .waitv = 0, .relsig = SIGUSR1, .acqsig = SIGUSR2, .frsig = 0};
    line("take signals", ioctl(terminal, VT_SETMODE, &mode));
    line("ask for the other", ioctl(terminal, VT_ACTIVATE, other));
    // The signal comes when the kernel has got to it.
    for (int i = 0; i < 100 && releases == 0; ++i) usleep(10000);
    show("before it is given");
    line("give it", ioctl(terminal, VT_RELDISP, 1));
    line("wait for the other", ioctl(terminal, VT_WAITACTIVE, other));
    show("after it was given");
    line("ask for own", ioctl(terminal, VT_ACTIVATE, own));
    line("wait for own", ioctl(terminal, VT_WAITACTIVE, own));
    for (int i = 0; i < 100 && returns == 0; ++i) usleep(10000);
    show("back");
    line("acknowledge", ioctl(terminal, VT_RELDISP, VT_ACKACQ));
    mode.mode = VT_AUTO;
    line("take no signals", ioctl(terminal, VT_SETMODE, &mode));
    ioctl(terminal, VT_ACTIVATE, before);
    ioctl(terminal, VT_WAITACTIVE, before);
}

void no_memory_at_all() {
    static constexpr std::array<std::pair<const char*, unsigned long>, 14> requests = {{
        {"get mode of the screen", KDGETMODE},
        {"get mode of keys", KDGKBMODE},
        {"get kind of keyboard", KDGKBTYPE},
        {"get meta", KDGKBMETA},
        {"get lights", KDGETLED},
        {"get flags of keys", KDGKBLED},
        {"get key", KDGKBENT},
        {"set key", KDSKBENT},
        {"get text of a key", KDGKBSENT},
        {"repeat", KDKBDREP},
        {"get free one", VT_OPENQRY},
        {"get signals", VT_GETMODE},
        {"set signals", VT_SETMODE},
        {"get state", VT_GETSTATE},
    }};
    // The end of memory: what follows cannot be accessed, or only be read.
    char* const pages = static_cast<char*>(
        mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    std::memset(pages, 0, 2 * page);
    mprotect(pages + page, page, PROT_NONE);
    const auto say = [](const char* which, const char* where, void* at, unsigned long request) {
        std::array<char, 64> name{};
        std::snprintf(name.data(), name.size(), "%s %s", which, where);
        line(name.data(), ioctl(terminal, request, at));
    };
    for (const auto& [name, request] : requests) {
        say(name, "at null", nullptr, request);
        say(name, "at nowhere", pages + page, request);
        say(name, "at the kernel's", reinterpret_cast<void*>(0xffff888000000000), request);
    }
    mprotect(pages, page, PROT_READ);
    for (const auto& [name, request] : requests)
        if (request != KDSKBENT && request != VT_SETMODE)
            say(name, "in memory that is read alone", pages + 128, request);
    munmap(pages, 2 * page);
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 3) return 2;
    terminal = open(arguments[1], O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (terminal < 0) {
        std::perror(arguments[1]);
        return 1;
    }
    const long other = std::strtol(arguments[2], nullptr, 10);
    modes();
    lights();
    keys();
    switches(other);
    leave_and_come_back(std::strtol(std::strrchr(arguments[1], 'y') + 1, nullptr, 10), other);
    no_memory_at_all();
    // What is about text and its keys.
    line("size of the text", ioctl(terminal, VT_RESIZE, nullptr));
    line("letters of the text", ioctl(terminal, GIO_UNIMAP, nullptr));
    line("mask of letters", ioctl(terminal, VT_GETHIFONTMASK, nullptr));
    line("codes of keys", ioctl(terminal, KDGETKEYCODE, nullptr));
    line("accents", ioctl(terminal, KDGKBDIACR, nullptr));
    line("to the front with signals", ioctl(terminal, VT_SETACTIVATE, nullptr));
    line("an event", ioctl(terminal, VT_WAITEVENT, nullptr));
    int some = 0;
    for (const unsigned long request : {0x4BFFUL, 0x4B00UL, 0x56FFUL, 0x5604UL})
        set("request", request, static_cast<long>(request));
    line("closed", (close(terminal), ioctl(terminal, KDGETMODE, &some)));
    return 0;
}
