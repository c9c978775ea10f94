#include "vnc/display_state.h"

#include <systemd/sd-bus.h>

#include <string_view>
#include <system_error>

#include "common/connect_bus.h"

namespace vnc {

namespace {

constexpr const char *name_of_daemon = "org.hvfbd.Framebuffer1",
                     *display_interface = "org.hvfbd.Framebuffer1.Display",
                     *property_interface = "org.freedesktop.DBus.Properties";

void check(int result, const char* what) {
    if (result < 0) throw std::system_error(-result, std::system_category(), what);
}

void read_properties(sd_bus_message* message, DisplayState::Values& values) {
    if (sd_bus_message_enter_container(message, 'a', "{sv}") <= 0) return;
    while (sd_bus_message_enter_container(message, 'e', "sv") > 0) {
        const char *name = nullptr, *text = nullptr;
        int flag = 0;
        if (sd_bus_message_read(message, "s", &name) <= 0) return;
        const std::string_view property(name);
        int result = 0;
        if (property == "Visible") {
            result = sd_bus_message_read(message, "v", "b", &flag);
            if (result > 0) values.is_visible = flag != 0;
        } else if (property == "ActiveSurface") {
            result = sd_bus_message_read(message, "v", "o", &text);
            if (result > 0) values.has_surface = std::string_view(text) != "/";
        } else if (property == "Problem") {
            result = sd_bus_message_read(message, "v", "s", &text);
            if (result > 0) values.problem = text;
        } else {
            result = sd_bus_message_skip(message, "v");
        }
        if (result < 0 || sd_bus_message_exit_container(message) < 0) return;
    }
}

// An error, too, is an answer: then there is nothing to be said.
int take_all(sd_bus_message* message, void* values, sd_bus_error* /*error*/) {
    if (sd_bus_message_is_method_error(message, nullptr) == 0)
        read_properties(message, *static_cast<DisplayState::Values*>(values));
    return 0;
}

int take_changed(sd_bus_message* message, void* values, sd_bus_error* /*error*/) {
    const char* of = nullptr;
    if (sd_bus_message_read(message, "s", &of) > 0 && std::string_view(of) == display_interface)
        read_properties(message, *static_cast<DisplayState::Values*>(values));
    return 0;
}

}  // namespace

DisplayState::DisplayState(const Source& source) {
    const int connected = hvfbd::connect_bus(&bus_, hvfbd::given_or(source.bus, "HVFB_BUS", ""));
    if (connected < 0) sd_bus_unref(bus_);
    check(connected, "connect to the bus");
    const std::string path =
        "/org/hvfbd/Framebuffer1/" + hvfbd::given_or(source.display, "HVFB_DISPLAY", "display0");
    sd_bus_message* question = nullptr;
    // Watched before it is asked: it may change between.
    int result = sd_bus_match_signal_async(bus_, nullptr, name_of_daemon, path.c_str(), property_interface,
                                           "PropertiesChanged", take_changed, nullptr, &values_);
    if (result >= 0)
        result = sd_bus_message_new_method_call(bus_, &question, name_of_daemon, path.c_str(),
                                                property_interface, "GetAll");
    // To start the daemon is not ours.
    if (result >= 0) result = sd_bus_message_set_auto_start(question, 0);
    if (result >= 0) result = sd_bus_message_append(question, "s", display_interface);
    if (result >= 0) result = sd_bus_call_async(bus_, nullptr, question, take_all, &values_, 0);
    if (result >= 0) result = sd_bus_flush(bus_);
    sd_bus_message_unref(question);
    if (result < 0) sd_bus_close_unref(bus_);
    check(result, "ask for the state of a display");
}

DisplayState::~DisplayState() {
    sd_bus_close_unref(bus_);
}

int DisplayState::fd() const {
    return sd_bus_get_fd(bus_);
}

short DisplayState::events() const {
    return static_cast<short>(sd_bus_get_events(bus_));
}

void DisplayState::take() {
    int processed = 0;
    do {
        processed = sd_bus_process(bus_, nullptr);
        check(processed, "ask for the state of a display");
    } while (processed > 0);
}

std::string DisplayState::note() const {
    if (!values_.problem.empty()) return values_.problem;
    if (!values_.has_surface) return "Nobody draws on this display.";
    return values_.is_visible ? "" : "The display is hidden: what it shows is not drawn.";
}

}  // namespace vnc
