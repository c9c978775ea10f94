#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdint>
#include <list>
#include <string>
#include <thread>
#include <vector>

#include "descriptor.h"

namespace hvfb {

// A bus on which the daemon has its name, and answers only what the test lets it answer. Signals are blocked
// in its thread.
class SlowBus {
  public:
    SlowBus() {
        sockaddr_un name = {};
        name.sun_family = AF_UNIX;
        // The kernel finds a name.
        EXPECT_EQ(bind(listener_.get(), reinterpret_cast<sockaddr*>(&name), sizeof(sa_family_t)), 0);
        socklen_t length = sizeof name;
        EXPECT_EQ(getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&name), &length), 0);
        EXPECT_EQ(listen(listener_.get(), 8), 0);
        address_ = "unix:abstract=" + std::string(name.sun_path + 1, length - sizeof(sa_family_t) - 1);
        sigset_t all, before;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        thread_ = std::thread([this] { run(); });
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
    }
    SlowBus(const SlowBus&) = delete;
    SlowBus& operator=(const SlowBus&) = delete;
    ~SlowBus() {
        wake(end_);
        thread_.join();
        for (sd_bus_message* call : calls_) sd_bus_message_unref(call);
        for (sd_bus* peer : peers_) sd_bus_close_unref(peer);
    }

    const char* address() const { return address_.c_str(); }
    // Waits until the daemon was asked for something.
    bool asked() {
        pollfd readable = {.fd = asked_.get(), .events = POLLIN, .revents = 0};
        return poll(&readable, 1, 5000) == 1;
    }
    void forget_asked() {
        std::uint64_t count = 0;
        [[maybe_unused]] const ssize_t length = read(asked_.get(), &count, sizeof count);
    }
    // Whether a bus would have started the daemon for the last of it.
    bool would_have_started() const { return may_start_; }
    // What was asked is refused, as too many, or as `error` says.
    void answer(const char* error = "org.hvfbd.Framebuffer1.Error.Busy") {
        error_ = error;
        wake(answer_);
    }
    // There is a systemd on it, which says this of the daemon's unit. `failures`: so many more each time.
    struct Unit {
        const char *load_state, *active_state;
        std::uint32_t job, failures;
    };
    void set_unit(const Unit& unit) {
        unit_ = unit;
        has_systemd_ = true;
    }
    // How often systemd was asked for a property.
    unsigned unit_asked() const { return unit_asked_; }
    std::string refuse_why = "refused";
    // What GetManagedObjects answers at once; null: it is refused as all else.
    using Fill = int (*)(sd_bus_message* reply);
    std::atomic<Fill> objects = nullptr;
    void end_daemon_after_it_refused() {
        nobody_ = true;
        answer();
    }
    // What was asked is answered as a bus does for a daemon that ended: nobody has its name from then on.
    void end_daemon() {
        nobody_ = ended_ = true;
        answer();
    }

  private:
    static void wake(const Descriptor& descriptor) {
        const std::uint64_t one = 1;
        EXPECT_EQ(write(descriptor.get(), &one, sizeof one), static_cast<ssize_t>(sizeof one));
    }
    int answer_for_systemd(sd_bus_message* message) {
        const char *interface = nullptr, *property = nullptr;
        ++unit_asked_;
        if (!has_systemd_)
            return sd_bus_reply_method_errorf(message, "org.freedesktop.DBus.Error.ServiceUnknown", "nobody");
        const Unit unit = unit_;
        EXPECT_GE(sd_bus_message_read(message, "ss", &interface, &property), 0);
        EXPECT_EQ(sd_bus_message_get_auto_start(message), 0);
        const std::string name = property;
        if (name == "LoadState") return sd_bus_reply_method_return(message, "v", "s", unit.load_state);
        if (name == "ActiveState") return sd_bus_reply_method_return(message, "v", "s", unit.active_state);
        if (name == "Job") return sd_bus_reply_method_return(message, "v", "(uo)", unit.job, "/");
        restarts_ += unit.failures;
        return sd_bus_reply_method_return(message, "v", "u", restarts_);
    }
    static int on_message(sd_bus_message* message, void* context, sd_bus_error*) {
        auto& bus = *static_cast<SlowBus*>(context);
        const char* destination = sd_bus_message_get_destination(message);
        if (destination && std::string(destination) == "org.freedesktop.systemd1")
            return bus.answer_for_systemd(message);
        if (sd_bus_message_is_method_call(message, nullptr, "Hello"))
            return sd_bus_reply_method_return(message, "s", ":1.1");
        if (sd_bus_message_is_method_call(message, nullptr, "AddMatch"))
            return sd_bus_reply_method_return(message, "");
        if (sd_bus_message_is_method_call(message, nullptr, "GetNameOwner"))
            return bus.nobody_ ? sd_bus_reply_method_errorf(
                                     message, "org.freedesktop.DBus.Error.NameHasNoOwner", "nobody")
                               : sd_bus_reply_method_return(message, "s", ":1.0");
        // Such as what sd-bus tells of a peer that has gone.
        if (!sd_bus_message_is_method_call(message, nullptr, nullptr)) return 0;
        bus.may_start_ = sd_bus_message_get_auto_start(message) > 0;
        if (const Fill fill = bus.objects;
            fill && sd_bus_message_is_method_call(message, nullptr, "GetManagedObjects")) {
            sd_bus_message* reply = nullptr;
            EXPECT_GE(sd_bus_message_new_method_return(message, &reply), 0);
            EXPECT_GE(fill(reply), 0);
            EXPECT_GE(sd_bus_send(nullptr, reply, nullptr), 0);
            sd_bus_message_unref(reply);
            return 1;
        }
        bus.calls_.push_back(sd_bus_message_ref(message));
        wake(bus.asked_);
        return 1;
    }
    void accept_one() {
        sd_bus* peer = nullptr;
        sd_id128_t id;
        const int fd = accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
        EXPECT_GE(fd, 0);
        EXPECT_GE(sd_id128_randomize(&id), 0);
        EXPECT_GE(sd_bus_new(&peer), 0);
        EXPECT_GE(sd_bus_set_fd(peer, fd, fd), 0);
        EXPECT_GE(sd_bus_set_server(peer, 1, id), 0);
        EXPECT_GE(sd_bus_negotiate_fds(peer, 1), 0);
        EXPECT_GE(sd_bus_start(peer), 0);
        EXPECT_GE(sd_bus_add_filter(peer, nullptr, on_message, this), 0);
        peers_.push_back(peer);
    }
    void run() {
        for (;;) {
            std::vector<pollfd> waited = {{.fd = end_.get(), .events = POLLIN, .revents = 0},
                                          {.fd = answer_.get(), .events = POLLIN, .revents = 0},
                                          {.fd = listener_.get(), .events = POLLIN, .revents = 0}};
            for (sd_bus* peer : peers_) {
                while (sd_bus_process(peer, nullptr) > 0) continue;
                if (sd_bus_is_open(peer) > 0)
                    waited.push_back({.fd = sd_bus_get_fd(peer),
                                      .events = static_cast<short>(sd_bus_get_events(peer)),
                                      .revents = 0});
            }
            poll(waited.data(), waited.size(), -1);
            if (waited[0].revents) return;
            if (waited[1].revents) {
                std::uint64_t count = 0;
                EXPECT_GT(read(answer_.get(), &count, sizeof count), 0);
                for (sd_bus_message* call : calls_) {
                    sd_bus_reply_method_errorf(call,
                                               ended_ ? "org.freedesktop.DBus.Error.NoReply" : error_.load(),
                                               "%s", refuse_why.c_str());
                    sd_bus_message_unref(call);
                }
                calls_.clear();
            }
            if (waited[2].revents) accept_one();
        }
    }

    Descriptor listener_{socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    Descriptor end_{eventfd(0, EFD_CLOEXEC)}, answer_{eventfd(0, EFD_CLOEXEC)},
        asked_{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    std::string address_;
    std::list<sd_bus*> peers_;
    std::list<sd_bus_message*> calls_;
    std::atomic<bool> may_start_ = false, ended_ = false, nobody_ = false, has_systemd_ = false;
    std::atomic<const char*> error_ = "";
    std::atomic<unsigned> unit_asked_ = 0;
    Unit unit_ = {};  // set before has_systemd_, and once
    std::uint32_t restarts_ = 0;
    std::thread thread_;
};

}  // namespace hvfb
