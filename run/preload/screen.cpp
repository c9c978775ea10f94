#include "run/preload/screen.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>

#include "run/keyboards/message.h"
#include "run/preload/descriptors.h"
#include "run/preload/explain.h"
#include "run/preload/large_stack.h"
#include "run/preload/monotonic.h"
#include "run/preload/real_calls.h"
#include "run/preload/screen_lock.h"
#include "run/preload/vsync.h"

namespace fbdev::preload {
namespace {

constexpr unsigned refresh_ms = 20, quiet_refresh_ms = 100, hidden_refresh_ms = 200;
constexpr unsigned refreshes_until_quiet = 50;
constexpr std::uint64_t between_tries = 20 * millisecond;
constexpr int most_tries = 50;

// What open(2) says where there is no surface.
int open_error(int result) {
    switch (result) {
        case -EHOSTUNREACH:  // no daemon
        case -ENOENT:        // no such display
        case -ETIMEDOUT:
        case -EPROTO:
        case -ECONNREFUSED:
            return ENODEV;
        case -EXFULL:  // of libsystemd: no number was left for the descriptors in the answer
        case -ECHRNG:  // the same, of Debian 13's
            return EMFILE;
        default:
            return -result;
    }
}

void* refresh_thread(void*) {
    for (;;) {
        unsigned after = 0;
        {
            const ScreenLock screen;
            after = screen->refresh();
        }
        if (after == 0) return nullptr;
        sleep_until(monotonic_now() + after * millisecond);
    }
}

}  // namespace

// ---- the surface

void* Screen::place(void* context, std::size_t size) {
    ProgramMemory& memory = static_cast<Screen*>(context)->memory_;
    // Room for a doubled height behind it, which is not the surface's.
    if (!memory) memory.allocate(size * 2);
    return memory.begin();
}

int Screen::attach(bool direct) {
    char message[256] = "";
    hvfb_open_options options{};
    options.size = sizeof options;
    options.name = settings_.name;
    options.flags = settings_.keep ? HVFB_OPEN_KEEP : 0;
    options.message = message;
    options.message_size = sizeof message;
    if (direct) {
        options.place = place;
        options.place_context = this;
    }
    // A daemon that is stopped is waited for.
    const MayBeEnded may_be_ended;
    int result = -ENOMEM;
    const auto open_once = [&] { result = library_->open(&surface_, &options); };
    if (!with_large_stack(open_once)) return ENOMEM;
    // The program before this one, of the same name, has ended, and the daemon has yet to see it.
    for (int tries = 0; result == -EBUSY && settings_.keep && tries < most_tries; ++tries) {
        sleep_until(monotonic_now() + between_tries);
        if (!with_large_stack(open_once)) return ENOMEM;
    }
    if (result < 0) {
        surface_ = nullptr;
        if (message[0] != 0) complain(message);
        return open_error(result);
    }
    if (keyboards) run::tell_of_surface(keyboards);
    library_->layout(surface_, &layout_);
    direct_ = direct;
    return 0;
}

void Screen::detach() {
    if (!surface_) return;
    close(surface_);
    surface_ = nullptr;
    direct_ = false;
}

void Screen::close(hvfb_surface* surface) {
    await_no_frame_waiters();
    // Memory that was placed stays the program's, with its picture.
    library_->close(surface);
}

// Without a daemon the old one stays, and with it the mode.
int Screen::replace(bool direct) {
    if (settings_.keep) {
        // There is one of a name.
        detach();
        return attach(direct);
    }
    hvfb_surface* const old = surface_;
    if (const int error = attach(direct)) {
        surface_ = old;
        return error;
    }
    close(old);
    return 0;
}

int Screen::open() {
    if (forked_) {
        // What is mapped stays as fork(2) left it. The surface is the parent's, and not closed here.
        surface_ = nullptr;
        memory_.leave();
        seen_ = nullptr;
        seen_size_ = 0;
        refreshing_ = false;
        another_mode_ = false;
        forked_ = false;
    }
    if (surface_) {
        const int events = library_->dispatch(surface_);
        if (events > 0 && (static_cast<unsigned>(events) & HVFB_EVENT_CONFIGURE)) another_mode_ = true;
        if (!another_mode_ || memory_.is_mapped() || any_framebuffer()) return 0;
        another_mode_ = false;
        // Nobody looks at the old size.
        detach();
        memory_.release();
    }
    if (!with_large_stack([this] { library_ = libhvfb(); })) return ENOMEM;
    if (!library_) {
        // The loader does not say why. Without a descriptor it finds no library.
        const int fd = reserve_descriptor();
        if (fd < 0) return -fd;
        real.close(fd);
        return ENODEV;
    }
    settings_ = read_settings();
    const bool own_memory = settings_.bits != 32 || settings_.width != 0;
    const bool placed = !own_memory && !memory_;
    if (const int error = attach(placed)) {
        if (placed) memory_.release();
        return error;
    }
    if (memory_ && direct_) {
        device_ = FbDevice({layout_.width, layout_.height, layout_.stride}, 32);
    } else {
        FbScreen screen{layout_.width, layout_.height, layout_.stride};
        if (settings_.width != 0) screen = {settings_.width, settings_.height, settings_.width * 4};
        if (screen.width > layout_.width || screen.height > layout_.height) {
            EXPLAIN("--geometry=%ux%u is larger than the display, which is %ux%u", screen.width,
                    screen.height, layout_.width, layout_.height);
            detach();
            return EINVAL;
        }
        device_ = FbDevice(screen, settings_.bits);
        if (!memory_.allocate(whole_pages(device_.fix().smem_len))) {
            detach();
            return ENOMEM;
        }
    }
    memory_.announce();
    EXPLAIN("surface of %ux%u: the program's memory is %s", layout_.width, layout_.height,
            direct_ ? "the surface's" : "its own, compared and converted");
    return direct_ ? 0 : mode_changed();
}

bool Screen::fits_directly() const {
    return device_.var().bits_per_pixel == 32 && !device_.bgr() && !device_.doubled() && settings_.width == 0;
}

int Screen::mode_changed() {
    if (direct_) {
        if (fits_directly()) return 0;
        if (const int error = replace(false)) return error == ENODEV ? EIO : error;
    } else if (surface_ && fits_directly() && !memory_.is_mapped()) {
        if (const int error = replace(true)) return error == ENODEV ? EIO : error;
        if (seen_) real.munmap(seen_, seen_size_);
        seen_ = nullptr;
        seen_size_ = 0;
        return 0;
    }
    const std::size_t wanted = whole_pages(PictureCopy::needed(device_, shown()));
    if (wanted != seen_size_) {
        std::byte* const fresh = new_memory(wanted);
        if (!fresh) return ENOMEM;
        if (seen_) real.munmap(seen_, seen_size_);
        seen_ = fresh;
        seen_size_ = wanted;
    }
    copy_.begin(device_, shown(), settings_.scale, seen_, memory_.begin());
    show();
    begin_refreshing();
    return 0;
}

void Screen::forked() {
    forked_ = true;
    ProgramMemory::forked();
}

// ---- memory of its own

ShownPixels Screen::shown() const {
    return {.pixels = surface_ ? static_cast<std::byte*>(library_->pixels(surface_)) : nullptr,
            .width = layout_.width,
            .height = layout_.height,
            .stride = layout_.stride};
}

// Whether anything had changed.
bool Screen::copy_changed() {
    // There was no memory for it.
    if (!seen_) return false;
    bool begun = false;
    const bool changed = copy_.copy(
        device_, shown(), memory_.begin(), [](std::uint32_t) { return true; },
        [this, &begun](std::uint32_t) {
            if (!begun) library_->begin(surface_);
            begun = true;
        });
    if (changed) library_->end(surface_);
    return changed;
}

void Screen::show() {
    if (!direct_ && surface_) copy_changed();
}

unsigned Screen::refresh() {
    if (forked_ || direct_ || !surface_) {
        refreshing_ = false;
        return 0;
    }
    if (copy_changed())
        quiet_ = 0;
    else if (quiet_ < refreshes_until_quiet)
        ++quiet_;
    // A screenshot may be taken where nobody looks.
    if (!library_->is_shown(surface_)) return hidden_refresh_ms;
    return quiet_ < refreshes_until_quiet ? refresh_ms : quiet_refresh_ms;
}

void Screen::begin_refreshing() {
    quiet_ = 0;
    if (refreshing_) return;
    // No signal of the program's is handled in a thread that it does not know of.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, 256UL * 1024);
    pthread_t thread;
    refreshing_ = pthread_create(&thread, &attributes, refresh_thread, nullptr) == 0;
    pthread_attr_destroy(&attributes);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (!refreshing_) EXPLAIN("no thread for what is stored without a pan: %s", strerror(errno));
}

}  // namespace fbdev::preload
