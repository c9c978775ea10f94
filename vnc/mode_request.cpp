#include "vnc/mode_request.h"

#include <systemd/sd-bus.h>

#include <cstdint>
#include <cstring>
#include <memory>

#include "common/connect_bus.h"

namespace vnc {

namespace {

constexpr const char* service = "org.hvfbd.Framebuffer1";
constexpr std::uint64_t longest_answer_us = 5'000'000;

ModeAnswer answer_for(const sd_bus_error& error) {
    const auto is = [&error](const char* name) { return sd_bus_error_has_name(&error, name) != 0; };
    if (is("org.hvfbd.Framebuffer1.Error.AccessDenied") || is(SD_BUS_ERROR_ACCESS_DENIED))
        return ModeAnswer::prohibited;
    if (is("org.hvfbd.Framebuffer1.Error.NoSuchMode") || is("org.hvfbd.Framebuffer1.Error.NotSupported"))
        return ModeAnswer::impossible;
    return ModeAnswer::failed;
}

}  // namespace

ModeAnswer request_mode(const Source& source, unsigned width, unsigned height, std::string& why) {
    sd_bus* opened = nullptr;
    const int connected = hvfbd::connect_bus(&opened, hvfbd::given_or(source.bus, "HVFB_BUS", "system"));
    const std::unique_ptr<sd_bus, decltype(&sd_bus_close_unref)> bus(opened, sd_bus_close_unref);
    if (connected < 0) {
        why = std::string("connect to the bus: ") + std::strerror(-connected);
        return ModeAnswer::failed;
    }
    sd_bus_set_method_call_timeout(bus.get(), longest_answer_us);
    const std::string path =
        "/org/hvfbd/Framebuffer1/" + hvfbd::given_or(source.display, "HVFB_DISPLAY", "display0");
    sd_bus_error error = SD_BUS_ERROR_NULL;
    sd_bus_message* question = nullptr;
    int result = sd_bus_message_new_method_call(bus.get(), &question, service, path.c_str(),
                                                "org.hvfbd.Framebuffer1.Display", "SetMode");
    // To start the daemon is not ours.
    if (result >= 0) result = sd_bus_message_set_auto_start(question, 0);
    if (result >= 0) result = sd_bus_message_append(question, "uua{sv}", width, height, 0);
    if (result >= 0) result = sd_bus_call(bus.get(), question, 0, &error, nullptr);
    sd_bus_message_unref(question);
    ModeAnswer answer = ModeAnswer::changed;
    if (result < 0) {
        answer = answer_for(error);
        why = error.message != nullptr ? error.message : std::strerror(-result);
    }
    sd_bus_error_free(&error);
    return answer;
}

}  // namespace vnc
