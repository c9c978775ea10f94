#include "console/service.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

#include "common/ending_signals.h"
#include "console/blank_watch.h"
#include "console/font_files.h"
#include "console/kernel_terminals.h"
#include "console/scroll_control.h"
#include "console/service_start.h"
#include "console/terminal_events.h"

namespace console {

namespace {

bool may_scroll(uid_t user) {
    return user == 0 || user == ::geteuid() || KernelTerminals::owner() == user;
}

// Nothing: none is wanted, or it cannot be made, which is said: the text is shown all the same.
std::unique_ptr<ScrollControl> make_control(const std::string& path) {
    try {
        return path.empty() ? nullptr : std::make_unique<ScrollControl>(path, may_scroll);
    } catch (const std::system_error& error) {
        log(error.what() + std::string(": hvfbctl cannot scroll"));
        return nullptr;
    }
}

void serve_control(ScrollControl& control, Console& console) {
    const bool was_held = control.is_held();
    control.take([&console](std::string_view request) -> std::string {
        const auto wanted = scroll_request_in(request);
        if (!wanted) return "unknown";
        const ScrollPosition position = console.on_scroll(*wanted);
        return "ok " + std::to_string(position.back) + " " + std::to_string(position.kept);
    });
    console.on_held(control.is_held());
    if (was_held && !control.is_held()) console.on_scroll({ScrollRequest::end});
}

// What happens, and what the console does then.
struct Loop {
    Console& console;
    KernelTerminals& terminals;
    const SurfaceScreen& screen;
    int signals;
    ScrollControl* control;  // or nothing
    const TerminalEvents events;
    const BlankWatch blanking;

    // False: a signal ended it. Throws std::system_error: the kernel refused something. What happened then
    // happens again with the next turn.
    bool turn(Time now) const;
    void run() const;
};

bool Loop::turn(Time now) const {
    enum Place { ending, surface, switched, created, blanked, scrolled, changed, places };
    console.update(now);
    std::array<pollfd, places> watched{};
    watched[ending] = {signals, POLLIN, 0};
    watched[surface] = {screen.fd(), POLLIN, 0};
    watched[switched] = {events.switch_fd(), POLLPRI, 0};
    watched[created] = {events.creation_fd(), POLLIN, 0};
    watched[blanked] = {blanking.fd(), POLLIN, 0};
    // poll() ignores a negative descriptor.
    watched[scrolled] = {control != nullptr ? control->fd() : -1, POLLIN, 0};
    watched[changed] = {-1, POLLPRI, 0};
    if (console.listens(now))
        watched[changed].fd = terminals.changes_fd();
    else if (!console.reads_soon())
        terminals.stop_waiting();
    if (::poll(watched.data(), watched.size(), timeout_until(console.wake_at(now), now)) < 0) {
        if (errno == EINTR) return true;
        throw std::system_error(errno, std::system_category(), "wait for the terminal");
    }
    if (watched[ending].revents != 0) return false;
    if (watched[surface].revents != 0) console.on_screen();
    if (watched[switched].revents != 0) {
        events.take_switch();
        // What was scrolled is not in the foreground any more.
        if (control != nullptr) control->end_holding();
        console.on_held(false);
        console.on_terminal_switched();
    }
    if (watched[created].revents != 0 && events.take_creation()) {
        KernelTerminals::keep_code_points();
        console.on_new_terminal();
    }
    if (watched[blanked].revents != 0) console.on_blanked(blanking.take());
    if (watched[scrolled].revents != 0) serve_control(*control, console);
    if (watched[changed].revents != 0) console.on_terminal_changed();
    return true;
}

// Until a signal, or until somebody has closed the surface.
void Loop::run() const {
    // For terminals that were made after KernelTerminals() and before the watch of events: no event tells of
    // them.
    KernelTerminals::keep_code_points();
    while (!console.is_closed()) {
        const Time now = std::chrono::steady_clock::now();
        try {
            if (!turn(now)) return;
        } catch (const std::system_error& error) {
            constexpr auto pause = std::chrono::milliseconds(250);
            console.listen_failed(error.what(), now);
            if (becomes_readable(signals, pause)) return;
        }
    }
    log("somebody has closed the surface: ends without an error, and its service starts it again");
}

}  // namespace

void serve(const ServiceOptions& options) {
    const hvfbd::Descriptor signals = hvfbd::ending_signals();
    const Fonts fonts = load_fonts(options.font, log);
    KernelTerminals terminals;
    const std::unique_ptr<SurfaceScreen> screen = open_screen(options.surface, signals.get());
    if (!screen) return;
    Console console(terminals, *screen, fonts, options.appearance, log);
    const std::unique_ptr<ScrollControl> control = make_control(options.control);
    Loop{console, terminals, *screen, signals.get(), control.get(), {}, {}}.run();
}

}  // namespace console
