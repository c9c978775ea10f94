#include "bus/display_object.h"

#include <type_traits>
#include <utility>

#include "bus/options.h"
#include "bus/surface_object.h"

namespace hvfbd {

namespace {

std::map<std::string, sdbus::Variant> on_bus(const Layout& layout) {
    return {{"width", sdbus::Variant(layout.width)},
            {"height", sdbus::Variant(layout.height)},
            {"stride", sdbus::Variant(layout.stride)},
            {"format", sdbus::Variant(layout.format)},
            {"size", sdbus::Variant(std::uint64_t{layout.size})}};
}

sdbus::UnixFd give(Descriptor descriptor) {
    return {descriptor.release(), sdbus::adopt_fd};
}

}  // namespace

DisplayObject::DisplayObject(BusContext& context, Display& display, std::string name)
    : AdaptorInterfaces(context.connection(), sdbus::ObjectPath(bus_root + ("/" + name))),
      context_(context),
      display_(display),
      name_(std::move(name)),
      path_(bus_root + ("/" + name_)) {
    register_settings();
    registerAdaptor();
}

DisplayObject::~DisplayObject() {
    unregisterAdaptor();
}

void DisplayObject::changed(const std::vector<std::string>& properties) {
    signal_changes(getObject(), INTERFACE_NAME, properties);
}

void DisplayObject::settings_changed(const DisplaySettings& before, const DisplaySettings& after) {
    std::vector<std::string> names;
    for (const auto& [name, value] : differences(before, after)) names.push_back(name);
    if (!names.empty()) changed(names);
}

std::vector<sdbus::Struct<uint32_t, uint32_t>> DisplayObject::Modes() {
    std::vector<sdbus::Struct<uint32_t, uint32_t>> modes;
    for (const Mode& mode : display_.output().modes()) modes.emplace_back(mode.width, mode.height);
    return modes;
}

sdbus::ObjectPath DisplayObject::ActiveSurface() {
    const Surface* surface = display_.surfaces().active();
    sdbus::ObjectPath path(surface ? surface_path(path_, surface->number()) : "/");
    return path;
}

std::map<std::string, uint64_t> DisplayObject::Statistics() {
    const auto statistics = display_.statistics();
    return {
#define X(name) {#name, statistics.name},
        HVFBD_STATISTICS(X)
#undef X
    };
}

template <typename Value>
void DisplayObject::register_setting(const SettingField& field) {
    constexpr bool is_text = std::is_same_v<Value, std::string>;
    const auto get_value = [this, &field] {
        if constexpr (is_text)
            return get(settings(), field);
        else
            return static_cast<Value>(field.get(settings()));
    };
    const auto set_value = [this, &field](const Value& value) {
        if constexpr (is_text)
            tune(field, value);
        else
            tune(field, std::to_string(value));
    };
    add_property(getObject(), INTERFACE_NAME, std::string(field.setting.name), get_value, set_value);
}

void DisplayObject::register_settings() {
    for (const SettingField& field : setting_fields()) switch (field.setting.type) {
            case Setting::Type::number:
                register_setting<std::uint32_t>(field);
                break;
            case Setting::Type::long_number:
                register_setting<std::uint64_t>(field);
                break;
            case Setting::Type::word:
                register_setting<std::string>(field);
                break;
        }
}

std::string DisplayObject::command(const std::string& words) const {
    return (name_ == "display0" ? "hvfbctl " : "hvfbctl --display=" + name_ + " ") + words;
}

void DisplayObject::tune(const SettingField& field, const std::string& value) {
    with_bus_errors([&] {
        const std::string name(field.setting.name);
        const bool known = value_in(field.setting, value).has_value();
        const auto& setter =
            context_.expect_root_sets(name, command("set " + name + " " + (known ? value : "VALUE")));
        DisplaySettings before = settings(), after = before;
        set(after, field, value);
        display_.change_settings(after, context_.now());
        if (get(after, field) != get(before, field))
            note(name + ": " + get(before, field) + " -> " + get(after, field), setter.uid, setter.bus_name);
        settings_changed(before, after);
    });
}

void DisplayObject::OpenSurface(sdbus::Result<sdbus::ObjectPath, sdbus::UnixFd, sdbus::UnixFd,
                                              std::map<std::string, sdbus::Variant>>&& result,
                                std::map<std::string, sdbus::Variant> options) {
    context_.when_it_may_open(
        getObject(), std::move(result),
        [this, options](const Caller& caller) {
            context_.authority().check_open_surface(caller.credentials);
            const auto given = surface_options(options).layout;
            const std::uint64_t usual = display_.layout().size;
            // With another layout, one of the display's is offered as well.
            return OpeningLimit::Buffer{given ? given->size + usual : usual, usual};
        },
        [this, options](Caller caller, const auto& answer) {
            BusContext::expect_room_to_open();
            uid_t user = caller.client.uid;
            auto elsewhere = context_.surfaces_elsewhere(display_, user);
            auto opened = display_.open_surface(surface_options(options), std::move(caller.client),
                                                context_.now(), elsewhere);
            // Before the answer: what fails after it would be a second one.
            if (opened.takes_room_elsewhere) context_.make_room_elsewhere(display_, user);
            answer.returnResults(sdbus::ObjectPath(surface_path(path_, opened.number)),
                                 give(std::move(opened.buffer)), give(std::move(opened.channel)),
                                 on_bus(opened.layout));
        });
}

void DisplayObject::OpenViewer(sdbus::Result<sdbus::ObjectPath, sdbus::UnixFd, sdbus::UnixFd,
                                             std::map<std::string, sdbus::Variant>>&& result,
                               std::map<std::string, sdbus::Variant> options) {
    context_.when_it_may_open(
        getObject(), std::move(result),
        [this, options](const Caller& caller) {
            context_.authority().check_view(caller.credentials);
            expect_no_options(options);
            return OpeningLimit::Buffer{};
        },
        [this](Caller caller, const auto& answer) {
            BusContext::expect_room_to_open();
            auto elsewhere = context_.viewers_elsewhere(display_, caller.client.uid);
            auto opened = display_.open_viewer(std::move(caller.client), context_.now(), elsewhere);
            answer.returnResults(sdbus::ObjectPath(path_ + "/viewer" + std::to_string(opened.number)),
                                 give(std::move(opened.front)), give(std::move(opened.channel)),
                                 on_bus(opened.layout));
        });
}

void DisplayObject::Refresh(sdbus::Result<>&& result, std::map<std::string, sdbus::Variant> options) {
    context_.when_identified(
        Callers::Depth::user, getObject(), std::move(result),
        [this, options = std::move(options)](const Caller& caller, const auto& answer) {
            context_.authority().check_tune(caller.credentials.uid, "refresh the display",
                                            command("refresh"));
            expect_no_options(options);
            if (std::string why = display_.problem(); !why.empty())
                throw RequestError(RequestError::Kind::busy,
                                   "nothing can be shown now: " + why + "; see: sudo journalctl -u hvfbd");
            display_.refresh(context_.now());
            answer.returnResults();
        });
}

void DisplayObject::SetMode(sdbus::Result<>&& result, uint32_t width, uint32_t height,
                            std::map<std::string, sdbus::Variant> options) {
    context_.when_identified(
        Callers::Depth::user, getObject(), std::move(result),
        [=, this, options = std::move(options)](const Caller& caller, const auto& answer) {
            const std::string mode = std::to_string(width) + "x" + std::to_string(height);
            context_.authority().check_set_mode(caller.credentials, command("mode " + mode));
            expect_no_options(options);
            display_.set_mode({width, height}, context_.now());
            note("mode: " + mode, caller);
            answer.returnResults();
        });
}

}  // namespace hvfbd
