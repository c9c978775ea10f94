// ioctl(2): what fbmem answers, and with --vt=fake what a virtual terminal does.
#include <errno.h>
#include <fcntl.h>
#include <linux/input.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "run/fake_terminal.h"
#include "run/keyboards/message.h"
#include "run/preload/descriptors.h"
#include "run/preload/explain.h"
#include "run/preload/exported.h"
#include "run/preload/own_memory.h"
#include "run/preload/real_calls.h"
#include "run/preload/screen_lock.h"
#include "run/preload/settings.h"
#include "run/preload/vsync.h"

namespace fbdev::preload {
namespace {

constinit FakeTerminal the_terminal;

int result_of(int error) {
    if (error == 0) return 0;
    errno = error;
    return -1;
}

void explain_request(int fd, const char* name, std::uint32_t request, int error, const FbDevice* device) {
    if (!explaining) return;
    char unknown[16];
    if (!name) {
        snprintf(unknown, sizeof unknown, "%#x", request);
        name = unknown;
    }
    if (error != 0) {
        explain_line("ioctl(%d, %s) = -1 %s", fd, name, strerrorname_np(error));
        return;
    }
    if (!device) {
        explain_line("ioctl(%d, %s) = 0", fd, name);
        return;
    }
    const fb_var_screeninfo& var = device->var();
    explain_line("ioctl(%d, %s) = 0: %ux%u of %ux%u+%u, %u bits, lines of %u bytes", fd, name, var.xres,
                 var.yres, var.xres_virtual, var.yres_virtual, var.yoffset, var.bits_per_pixel,
                 device->fix().line_length);
}

int framebuffer_request(int fd, std::uint32_t request, std::uint64_t argument) {
    if (syscall(SYS_fcntl, fd, F_GETFL) & O_PATH) return result_of(EBADF);
    FbAnswer answer;
    {
        const ScreenLock screen;
        if (!screen) return result_of(EBUSY);
        if (const int error = screen->open()) return result_of(error);
        const FbDevice before = screen->device();
        answer = screen->device().ioctl(request, argument, own_memory());
        if (answer.error == 0 && answer.effect == FbEffect::mode) {
            answer.error = screen->mode_changed();
            if (answer.error != 0) screen->device() = before;
        }
        if (answer.error == 0 && answer.effect == FbEffect::pan) screen->show();
        explain_request(fd, fb_request_name(request), request, answer.error, &screen->device());
    }
    if (answer.effect == FbEffect::wait_for_vsync) wait_for_vsync();
    return result_of(answer.error);
}

int terminal_request(int fd, std::uint32_t request, void* argument) {
    if (terminals == Terminals::where_missing) {
        const int result = real.ioctl(fd, request, argument);
        if (result >= 0 || errno != ENOTTY) return result;
    } else {
        // What is no descriptor is no terminal.
        const long flags = syscall(SYS_fcntl, fd, F_GETFL);
        if (flags < 0 || (flags & O_PATH)) return result_of(EBADF);
    }
    int error = 0;
    {
        const ScreenLock screen;
        error = screen ? the_terminal.ioctl(request, reinterpret_cast<std::uintptr_t>(argument), own_memory())
                       : EBUSY;
    }
    explain_request(fd, terminal_request_name(request), request, error, nullptr);
    return result_of(error);
}

int request_of(int fd, unsigned long wide, void* argument) {
    // The kernel looks at 32 bits, and programs give a negative int.
    const auto number = static_cast<std::uint32_t>(wide);
    const auto address = reinterpret_cast<std::uintptr_t>(argument);
    if ((number >> 8 & 0xff) == 'F') {
        // Rare enough to ask the kernel: so a descriptor is found that came from another process.
        if (is_marked(fd)) {
            note_framebuffer(fd);
            return framebuffer_request(fd, number, address);
        }
    } else if (terminals != Terminals::kernels && FakeTerminal::knows(number)) {
        return terminal_request(fd, number, argument);
    }
    // What is for files of data is for no device, and the descriptor is one of such a file.
    if ((number == FIONREAD || number == FIOQSIZE) && is_marked(fd)) return result_of(ENOTTY);
    // Who holds the keyboards has done that, and undoes it when the program's surface is not shown.
    if (__builtin_expect(keyboards != nullptr, 0) && number == EVIOCGRAB && run::is_input_device(fd))
        return 0;
    const int result = real.ioctl(fd, wide, argument);
    if (__builtin_expect(explaining, 0) && result < 0 && FakeTerminal::knows(number))
        explain_line(
            "ioctl(%d, %s) = -1 %s: a virtual terminal is needed: start it on one, or without --vt=none", fd,
            terminal_request_name(number), strerrorname_np(errno));
    return result;
}

}  // namespace
}  // namespace fbdev::preload

EXPORTED int ioctl(int fd, unsigned long request, ...) noexcept {
    va_list list;
    va_start(list, request);
    void* const argument = va_arg(list, void*);
    va_end(list);
    return fbdev::preload::request_of(fd, request, argument);
}

// glibc's name for programs with a 64-bit time_t on machines of 32 bits.
EXPORTED int __ioctl_time64(int fd, unsigned long request, ...) {
    va_list list;
    va_start(list, request);
    void* const argument = va_arg(list, void*);
    va_end(list);
    return fbdev::preload::request_of(fd, request, argument);
}
