#include "vnc/mode_request.h"

#include <systemd/sd-bus.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "common/connect_bus.h"

namespace vnc {

namespace {

constexpr const char* service = "org.hvfbd.Framebuffer1";
constexpr std::uint64_t longest_answer_us = 5'000'000;

// The same choice as the library's.
std::string chosen(const std::string& wanted, const char* variable, const char* otherwise) {
    if (!wanted.empty()) return wanted;
    const char* const environment = secure_getenv(variable);
    return environment != nullptr && *environment != '\0' ? environment : otherwise;
}

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
    const int connected = hvfbd::connect_bus(&opened, chosen(source.bus, "HVFB_BUS", "system"));
    const std::unique_ptr<sd_bus, decltype(&sd_bus_close_unref)> bus(opened, sd_bus_close_unref);
    if (connected < 0) {
        why = std::string("connect to the bus: ") + std::strerror(-connected);
        return ModeAnswer::failed;
    }
    sd_bus_set_method_call_timeout(bus.get(), longest_answer_us);
    const std::string path = "/org/hvfbd/Framebuffer1/" + chosen(source.display, "HVFB_DISPLAY", "display0");
    sd_bus_error error = SD_BUS_ERROR_NULL;
    const int result = sd_bus_call_method(bus.get(), service, path.c_str(), "org.hvfbd.Framebuffer1.Display",
                                          "SetMode", &error, nullptr, "uua{sv}", width, height, 0);
    ModeAnswer answer = ModeAnswer::changed;
    if (result < 0) {
        answer = answer_for(error);
        why = error.message != nullptr ? error.message : std::strerror(-result);
    }
    sd_bus_error_free(&error);
    return answer;
}

}  // namespace vnc
