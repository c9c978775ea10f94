#include "start_watch.h"

#include <cerrno>
#include <cstring>

namespace hvfb {

namespace {

// The alias by which the bus starts it, as systemd writes it in a path; it leads to hvfbd.service.
constexpr const char* unit_path =
    "/org/freedesktop/systemd1/unit/dbus_2dorg_2ehvfbd_2eFramebuffer1_2eservice";
constexpr const char* unit_interface = "org.freedesktop.systemd1.Unit";
constexpr const char* service_interface = "org.freedesktop.systemd1.Service";

struct Property {
    const char *interface, *name;
};
// In the order of the questions.
constexpr std::array<Property, 4> properties = {{{unit_interface, "LoadState"},
                                                 {unit_interface, "ActiveState"},
                                                 {unit_interface, "Job"},
                                                 {service_interface, "NRestarts"}}};

}  // namespace

int StartWatch::look() {
    if (fails_) return -EHOSTUNREACH;
    const Nanoseconds now = monotonic_now();
    if (now < next_) return 0;
    next_ = now + pause;
    if (unanswered_ == 0 && ask() < 0) end();
    return 0;
}

int StartWatch::ask() {
    unit_ = {};
    for (unsigned i = 0; i < questions; ++i) {
        Message call;
        int result = sd_bus_message_new_method_call(bus_, &call.object, "org.freedesktop.systemd1", unit_path,
                                                    "org.freedesktop.DBus.Properties", "Get");
        if (result >= 0) result = sd_bus_message_set_auto_start(call.object, 0);
        if (result >= 0)
            result = sd_bus_message_append(call.object, "ss", properties[i].interface, properties[i].name);
        sd_bus_slot_unref(slots_[i].object);
        slots_[i].object = nullptr;
        pending_[i] = {this, static_cast<Question>(i)};
        if (result >= 0)
            result = sd_bus_call_async(bus_, &slots_[i].object, call.object, on_answer, &pending_[i], 0);
        if (result < 0) return result;
        ++unanswered_;
    }
    return 0;
}

int StartWatch::on_answer(sd_bus_message* answer, void* pending, sd_bus_error*) {
    const auto& [watch, question] = *static_cast<Pending*>(pending);
    if (watch->unanswered_ > 0) --watch->unanswered_;
    if (sd_bus_message_is_method_error(answer, nullptr) || watch->read(question, answer) < 0)
        watch->end();
    else if (watch->unanswered_ == 0)
        watch->judge();
    return 1;
}

int StartWatch::read(Question question, sd_bus_message* answer) {
    const char* word = nullptr;
    std::uint32_t number = 0;
    int result = 0;
    switch (question) {
        case load_state:
            result = sd_bus_message_read(answer, "v", "s", &word);
            unit_.loaded = result >= 0 && std::strcmp(word, "loaded") == 0;
            break;
        case active_state:
            result = sd_bus_message_read(answer, "v", "s", &word);
            unit_.active = result >= 0 && std::strcmp(word, "active") == 0;
            unit_.at_rest =
                result >= 0 && (std::strcmp(word, "failed") == 0 || std::strcmp(word, "inactive") == 0);
            break;
        case job:
            result = sd_bus_message_read(answer, "v", "(uo)", &number, &word);
            unit_.has_job = number != 0;
            break;
        case restarts:
        case questions:
            result = sd_bus_message_read(answer, "v", "u", &unit_.restarts);
            break;
    }
    return result;
}

void StartWatch::judge() {
    // The bus says by itself what is wrong with a unit that systemd cannot load.
    if (!unit_.loaded) return end();
    at_rest_ = unit_.at_rest && !unit_.has_job ? at_rest_ + 1 : 0;
    // It is set back when somebody starts the unit by hand.
    if (unit_.restarts < first_restarts_) first_restarts_ = unit_.restarts;
    fails_ = at_rest_ >= most_at_rest || (!unit_.active && unit_.restarts - first_restarts_ >= most_failures);
}

// The bus alone is waited for.
void StartWatch::end() {
    next_ = UINT64_MAX;
}

}  // namespace hvfb
