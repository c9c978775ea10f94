#pragma once

#include <sys/types.h>
#include <systemd/sd-bus.h>

#include <chrono>
#include <memory>
#include <string>

namespace run {

// Whose surface a display shows, as the daemon says on the bus. It waits for nobody: where the daemon has not
// answered yet, and where there is none, nobody's is shown.
class ActiveSurface {
  public:
    using Clock = std::chrono::steady_clock;

    // `bus`: system, session, or an address.
    ActiveSurface(std::string bus, const std::string& display);

    pid_t process() const { return process_; }
    // For poll(2). The descriptor is -1 while there is no bus.
    int descriptor() const;
    short events() const;
    // Reads what came, without waiting.
    void update();
    // When update() is to be called though nothing came.
    Clock::time_point next() const;

  private:
    struct CloseBus {
        void operator()(sd_bus* bus) const { sd_bus_close_unref(bus); }
    };

    struct ForgetQuestion {
        void operator()(sd_bus_slot* slot) const { sd_bus_slot_unref(slot); }
    };

    void connect();
    void lost();
    void ask();
    // For a property of an object of the daemon's.
    void ask(const std::string& object, const char* interface, const char* property,
             sd_bus_message_handler_t answer);
    static int changed(sd_bus_message* message, void* self, sd_bus_error*);
    static int surface_is(sd_bus_message* message, void* self, sd_bus_error*);
    static int process_is(sd_bus_message* message, void* self, sd_bus_error*);

    std::string bus_name_, path_;
    std::unique_ptr<sd_bus, CloseBus> bus_;
    Clock::time_point connect_at_{};
    pid_t process_ = 0;
    // Without it its answer is not waited for: there is one question at a time.
    std::unique_ptr<sd_bus_slot, ForgetQuestion> question_;
};

}  // namespace run
