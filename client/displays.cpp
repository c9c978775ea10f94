// The displays that the daemon has, for programs.
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "allocate.h"
#include "bus_errors.h"
#include "connection.h"

namespace hvfb {

namespace {

constexpr const char* listed_interface = "org.hvfbd.Framebuffer1.Display";

// What a display is read into. hvfb_display points into it.
struct ReadDisplay {
    hvfb_display shown = {};
    std::array<char, 128> name = {}, output = {};
    hvfb_mode* modes = nullptr;

    ReadDisplay() = default;
    ReadDisplay(const ReadDisplay&) = delete;
    ReadDisplay& operator=(const ReadDisplay&) = delete;
    ~ReadDisplay() { std::free(modes); }
};
static_assert(offsetof(ReadDisplay, shown) == 0, "freed by the address of what is shown");

int read_text(sd_bus_message* reply, std::array<char, 128>& to) {
    const char* text = nullptr;
    const int result = sd_bus_message_read(reply, "v", "s", &text);
    if (result >= 0) copy_text(text, to.data(), to.size());
    return result;
}

int read_modes(sd_bus_message* reply, ReadDisplay& display) {
    int result = sd_bus_message_enter_container(reply, 'v', "a(uu)");
    if (result >= 0) result = sd_bus_message_enter_container(reply, 'a', "(uu)");
    if (result < 0) return result;
    hvfb_mode mode = {};
    while ((result = sd_bus_message_read(reply, "(uu)", &mode.width, &mode.height)) > 0) {
        const std::size_t count = display.shown.mode_count;
        auto* const more = static_cast<hvfb_mode*>(reallocarray(display.modes, count + 1, sizeof(hvfb_mode)));
        if (!more) return -ENOMEM;
        display.modes = more;
        display.modes[count] = mode;
        display.shown.mode_count = count + 1;
    }
    if (result >= 0) result = sd_bus_message_exit_container(reply);
    return result >= 0 ? sd_bus_message_exit_container(reply) : result;
}

int read_property(sd_bus_message* reply, const char* key, ReadDisplay& display) {
    const auto is = [key](const char* name) { return std::strcmp(key, name) == 0; };
    if (is("Name")) return read_text(reply, display.name);
    if (is("Output")) return read_text(reply, display.output);
    if (is("Width")) return sd_bus_message_read(reply, "v", "u", &display.shown.width);
    if (is("Height")) return sd_bus_message_read(reply, "v", "u", &display.shown.height);
    if (is("Format")) return sd_bus_message_read(reply, "v", "u", &display.shown.format);
    if (is("Visible")) return sd_bus_message_read(reply, "v", "b", &display.shown.visible);
    if (is("Modes")) return read_modes(reply, display);
    return sd_bus_message_skip(reply, "v");
}

// Calls `read` with the key of each entry of the dictionary that comes next; it reads the value.
template <typename Read>
int read_dictionary(sd_bus_message* reply, const char* entry, const char* key_type, Read read) {
    int result = sd_bus_message_enter_container(reply, 'a', entry);
    if (result < 0) return result;
    // The same without its braces.
    std::array<char, 32> inside = {};
    std::memcpy(inside.data(), entry + 1, std::strlen(entry) - 2);
    while ((result = sd_bus_message_enter_container(reply, 'e', inside.data())) > 0) {
        const char* key = nullptr;
        result = sd_bus_message_read(reply, key_type, &key);
        if (result >= 0) result = read(key);
        if (result >= 0) result = sd_bus_message_exit_container(reply);
        if (result < 0) return result;
    }
    return result >= 0 ? sd_bus_message_exit_container(reply) : result;
}

// The displays of the answer, in an array that a null ends.
class DisplayList {
  public:
    DisplayList() = default;
    DisplayList(const DisplayList&) = delete;
    DisplayList& operator=(const DisplayList&) = delete;
    ~DisplayList() { hvfb_displays_free(displays_); }

    int read(sd_bus_message* reply) {
        if (sd_bus_message_has_signature(reply, "a{oa{sa{sv}}}") <= 0) return -EPROTO;
        if (const int result = append(nullptr); result < 0) return result;
        const int result = read_dictionary(reply, "{oa{sa{sv}}}", "o", [&](const char*) {
            return read_dictionary(reply, "{sa{sv}}", "s", [&](const char* interface) {
                if (std::strcmp(interface, listed_interface) != 0) return sd_bus_message_skip(reply, "a{sv}");
                return read_display(reply);
            });
        });
        return result >= 0 || result == -ENOMEM ? result : -EPROTO;
    }
    // "display2" comes before "display10".
    void sort() {
        std::sort(displays_, displays_ + count_, [](const hvfb_display* a, const hvfb_display* b) {
            const std::size_t one = std::strlen(a->name), other = std::strlen(b->name);
            return one != other ? one < other : std::strcmp(a->name, b->name) < 0;
        });
    }
    int release(hvfb_display*** displays) {
        *displays = std::exchange(displays_, nullptr);
        return static_cast<int>(count_);
    }

  private:
    int read_display(sd_bus_message* reply) {
        auto* const display = allocate<ReadDisplay>();
        if (!display) return -ENOMEM;
        if (const int result = append(&display->shown); result < 0) {
            hvfb::release(display);
            return result;
        }
        const int result = read_dictionary(
            reply, "{sv}", "s", [&](const char* key) { return read_property(reply, key, *display); });
        display->shown.size = sizeof display->shown;
        display->shown.name = display->name.data();
        display->shown.output = display->output.data();
        display->shown.modes = display->modes;
        return result;
    }
    // Null: only makes room.
    int append(hvfb_display* display) {
        auto** const more = static_cast<hvfb_display**>(
            reallocarray(static_cast<void*>(displays_), count_ + 2, sizeof(void*)));
        if (!more) return -ENOMEM;
        displays_ = more;
        displays_[count_] = display;
        if (display) displays_[++count_] = nullptr;
        return 0;
    }

    hvfb_display** displays_ = nullptr;
    std::size_t count_ = 0;
};

int list_displays(hvfb_display*** displays, const hvfb_open_options* options, Sentence& why) {
    OpenOptions taken;
    if (const int result = taken.set(options, why); result < 0) return result;
    Bus bus;
    Message call, reply;
    Error error;
    if (const int result = reach_bus(taken, bus, why); result < 0) return result;
    int result = sd_bus_message_new_method_call(bus.object, &call.object, "org.hvfbd.Framebuffer1",
                                                "/org/hvfbd/Framebuffer1",
                                                "org.freedesktop.DBus.ObjectManager", "GetManagedObjects");
    // Who looks takes no screen by it.
    if (result >= 0) result = sd_bus_message_set_auto_start(call.object, 0);
    if (result >= 0) result = expect_answer_of_daemon(bus.object, -1);
    if (result < 0) return result;
    result = call_on_bus(bus.object, call.object, -1, error, reply);
    if (result < 0 && error.error.name) {
        result = -errno_of_bus_error(error.error.name, -result);
        // The daemon always has this object.
        if (result == -ENOENT) result = -EPROTO;
        explain_bus_error(error, result, "listing displays", "video", why);
    }
    if (result < 0) return result;
    DisplayList list;
    if (result = list.read(reply.object); result < 0) return result;
    list.sort();
    return list.release(displays);
}

}  // namespace

}  // namespace hvfb

extern "C" {

int hvfb_displays_list(hvfb_display*** displays, const hvfb_open_options* options) {
    if (!displays) return -EINVAL;
    *displays = nullptr;
    hvfb::Sentence why;
    const int result = hvfb::list_displays(displays, options, why);
    hvfb::tell_caller(options, result, why);
    return result;
}

void hvfb_displays_free(hvfb_display** displays) {
    if (!displays) return;
    for (hvfb_display** display = displays; *display; ++display)
        hvfb::release(reinterpret_cast<hvfb::ReadDisplay*>(*display));
    std::free(static_cast<void*>(displays));
}

}  // extern "C"
