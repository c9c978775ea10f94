#include "console/blank_watch.h"

#include <fcntl.h>
#include <linux/vt.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <system_error>
#include <thread>
#include <utility>

#include "common/descriptor.h"

namespace console {

struct BlankWatch::Shared {
    hvfbd::Descriptor event;
    std::atomic<bool> blanked = false;

    void note(bool is_blanked) {
        blanked = is_blanked;
        const std::uint64_t one = 1;
        (void)!::write(event.get(), &one, sizeof one);
    }

    // Any terminal says it of the screen. The first one, if this user may open it: one that is open is in
    // use, and the kernel keeps the first anyway. A login takes it for its user.
    static hvfbd::Descriptor terminal() {
        constexpr int flags = O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
        hvfbd::Descriptor first(::open("/dev/tty1", flags));
        return first ? std::move(first) : hvfbd::Descriptor(::open("/dev/tty0", flags));
    }

    // Until it is waited for no more: a getty that starts on the terminal hangs it up. Whether anything
    // happened.
    bool wait_on(const hvfbd::Descriptor& terminal) {
        bool happened = false;
        for (;;) {
            vt_event wanted{};
            wanted.event = VT_EVENT_BLANK | VT_EVENT_UNBLANK;
            if (::ioctl(terminal.get(), VT_WAITEVENT, &wanted) == 0) {
                happened = true;
                note(wanted.event == VT_EVENT_BLANK);
            } else if (errno != EINTR) {
                return happened;
            }
        }
    }

    [[noreturn]] void wait_in_kernel() {
        constexpr auto pause = std::chrono::seconds(10);
        for (;;) {
            if (const hvfbd::Descriptor opened = terminal(); opened && wait_on(opened)) continue;
            // The end of blanking may be missed now: text that is shown is better than none.
            if (blanked) note(false);
            std::this_thread::sleep_for(pause);
        }
    }
};

BlankWatch::BlankWatch() : shared_(std::make_shared<Shared>()) {
    shared_->event = hvfbd::Descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!shared_->event) throw std::system_error(errno, std::system_category(), "make an eventfd");
    std::thread([shared = shared_] { shared->wait_in_kernel(); }).detach();
}

BlankWatch::~BlankWatch() = default;

int BlankWatch::fd() const {
    return shared_->event.get();
}

bool BlankWatch::take() const {
    std::uint64_t count = 0;
    (void)!::read(shared_->event.get(), &count, sizeof count);
    return shared_->blanked;
}

}  // namespace console
