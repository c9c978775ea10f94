#include "common/daemon_watch.h"

#include <poll.h>
#include <systemd/sd-bus.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>

#include "common/connect_bus.h"

namespace hvfbd {

namespace {

// Of this name alone: other names come and go all the time.
constexpr const char* owner_changes =
    "type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',"
    "member='NameOwnerChanged',arg0='org.hvfbd.Framebuffer1'";

void check(int result, const char* what) {
    if (result < 0) throw std::system_error(-result, std::system_category(), what);
}

int note_owner(sd_bus_message* message, void* came, sd_bus_error* /*error*/) {
    const char *name = nullptr, *before = nullptr, *owner = nullptr;
    if (sd_bus_message_read(message, "sss", &name, &before, &owner) >= 0 && *owner != '\0')
        *static_cast<bool*>(came) = true;
    return 0;
}

}  // namespace

DaemonWatch::DaemonWatch(const std::string& bus) {
    const int opened = connect_bus(&bus_, given_or(bus, "HVFB_BUS", "system"));
    if (opened < 0) sd_bus_unref(bus_);
    check(opened, "connect to the bus");
    const int matched = sd_bus_add_match(bus_, nullptr, owner_changes, note_owner, &came_);
    if (matched < 0) sd_bus_close_unref(bus_);
    check(matched, "wait for hvfbd on the bus");
}

DaemonWatch::~DaemonWatch() {
    sd_bus_close_unref(bus_);
}

bool DaemonWatch::is_there() {
    constexpr std::uint64_t longest_answer_us = 5'000'000;
    check(sd_bus_set_method_call_timeout(bus_, longest_answer_us), "ask the bus for hvfbd");
    sd_bus_message* answer = nullptr;
    int owned = 0;
    int result =
        sd_bus_call_method(bus_, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                           "NameHasOwner", nullptr, &answer, "s", "org.hvfbd.Framebuffer1");
    if (result >= 0) result = sd_bus_message_read(answer, "b", &owned);
    sd_bus_message_unref(answer);
    check(result, "ask the bus for hvfbd");
    // What came before the answer waits in memory, where poll() does not see it.
    process();
    return owned != 0;
}

int DaemonWatch::fd() const {
    return sd_bus_get_fd(bus_);
}

short DaemonWatch::events() const {
    return static_cast<short>(sd_bus_get_events(bus_));
}

// All that has come.
void DaemonWatch::process() {
    int processed = 0;
    do {
        processed = sd_bus_process(bus_, nullptr);
        check(processed, "wait for hvfbd on the bus");
    } while (processed > 0);
}

bool DaemonWatch::take() {
    process();
    return std::exchange(came_, false);
}

void DaemonWatch::wait(int stop_fd) {
    while (!take()) {
        std::array<pollfd, 2> watched = {pollfd{fd(), events(), 0}, pollfd{stop_fd, POLLIN, 0}};
        if (::poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR) check(-errno, "wait for hvfbd");
        if (watched[1].revents != 0) return;
    }
}

}  // namespace hvfbd
