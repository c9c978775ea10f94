#include "control/display_object.h"

#include <utility>

#include "control/options.h"
#include "control/surface_object.h"

namespace hvfbd {

namespace {

std::map<std::string, sdbus::Variant> on_bus(const Layout& layout) {
    return {{"width", layout.width},
            {"height", layout.height},
            {"stride", layout.stride},
            {"format", layout.format},
            {"size", std::uint64_t{layout.size}}};
}

sdbus::UnixFd give(Descriptor descriptor) {
    return {descriptor.release(), sdbus::adopt_fd};
}

}  // namespace

DisplayObject::DisplayObject(BusContext& context, Pipeline& pipeline, std::string name)
    : AdaptorInterfaces(context.connection(), bus_root + ("/" + name)),
      context_(context),
      pipeline_(pipeline),
      name_(std::move(name)),
      path_(bus_root + ("/" + name_)) {
    registerAdaptor();
}

DisplayObject::~DisplayObject() {
    unregisterAdaptor();
}

void DisplayObject::changed(const std::vector<std::string>& properties) {
    getObject().emitPropertiesChangedSignal(INTERFACE_NAME, properties);
}

void DisplayObject::tuning_changed(const Tuning& before, const Tuning& after) {
    std::vector<std::string> names;
    if (before.refresh_limit != after.refresh_limit) names.emplace_back("RefreshLimit");
    if (before.refresh_mode != after.refresh_mode) names.emplace_back("RefreshMode");
    if (before.settle_delay != after.settle_delay) names.emplace_back("SettleDelay");
    if (before.idle_timeout != after.idle_timeout) names.emplace_back("IdleTimeout");
    if (before.tracking != after.tracking) names.emplace_back("Tracking");
    if (before.max_rects != after.max_rects) names.emplace_back("MaxRects");
    if (before.when_hidden != after.when_hidden) names.emplace_back("WhenHidden");
    if (!names.empty()) changed(names);
}

std::vector<sdbus::Struct<uint32_t, uint32_t>> DisplayObject::Modes() {
    std::vector<sdbus::Struct<uint32_t, uint32_t>> modes;
    for (const Mode& mode : pipeline_.output().modes()) modes.emplace_back(mode.width, mode.height);
    return modes;
}

sdbus::ObjectPath DisplayObject::ActiveSurface() {
    const Surface* surface = pipeline_.surfaces().active();
    return surface ? surface_path(path_, surface->number()) : "/";
}

std::map<std::string, uint64_t> DisplayObject::Statistics() {
    const auto statistics = pipeline_.statistics();
    return {
#define X(name) {#name, statistics.name},
        HVFBD_STATISTICS(X)
#undef X
    };
}

void DisplayObject::tune(const std::function<void(Tuning&)>& change) {
    with_bus_errors([&] {
        context_.expect_root_sets();
        Tuning before = tuning(), after = before;
        change(after);
        pipeline_.set_tuning(after, context_.now());
        tuning_changed(before, after);
    });
}

void DisplayObject::RefreshLimit(const uint32_t& value) {
    tune([&](Tuning& tuning) { set_refresh_limit(tuning, value); });
}
void DisplayObject::RefreshMode(const std::string& value) {
    tune([&](Tuning& tuning) { set_refresh_mode(tuning, value); });
}
void DisplayObject::SettleDelay(const uint64_t& value) {
    tune([&](Tuning& tuning) { set_settle_delay(tuning, value); });
}
void DisplayObject::IdleTimeout(const uint64_t& value) {
    tune([&](Tuning& tuning) { set_idle_timeout(tuning, value); });
}
void DisplayObject::Tracking(const std::string& value) {
    tune([&](Tuning& tuning) { set_tracking(tuning, value); });
}
void DisplayObject::MaxRects(const uint32_t& value) {
    tune([&](Tuning& tuning) { set_max_rects(tuning, value); });
}
void DisplayObject::WhenHidden(const std::string& value) {
    tune([&](Tuning& tuning) { set_when_hidden(tuning, value); });
}

void DisplayObject::OpenSurface(sdbus::Result<sdbus::ObjectPath, sdbus::UnixFd, sdbus::UnixFd,
                                              std::map<std::string, sdbus::Variant>>&& result,
                                std::map<std::string, sdbus::Variant> options) {
    context_.when_it_may_open(
        getObject(), std::move(result),
        [this, options](const Caller& caller) {
            context_.authority().check_open_surface(caller.credentials);
            const auto given = surface_options(options).layout;
            const std::uint64_t usual = pipeline_.layout().size;
            // With another layout, one of the display's is offered as well.
            return OpeningLimit::Buffer{given ? given->size + usual : usual, usual};
        },
        [this, options](Caller caller, const auto& answer) {
            BusContext::expect_room_to_open();
            uid_t user = caller.client.uid;
            auto elsewhere = context_.surfaces_elsewhere(pipeline_, user);
            auto opened = pipeline_.open_surface(surface_options(options), std::move(caller.client),
                                                 context_.now(), elsewhere);
            answer.returnResults(sdbus::ObjectPath(surface_path(path_, opened.number)),
                                 give(std::move(opened.buffer)), give(std::move(opened.channel)),
                                 on_bus(opened.layout));
            if (opened.takes_room_elsewhere) context_.make_room_elsewhere(pipeline_, user);
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
            auto elsewhere = context_.viewers_elsewhere(pipeline_, caller.client.uid);
            auto opened = pipeline_.open_viewer(std::move(caller.client), context_.now(), elsewhere);
            answer.returnResults(sdbus::ObjectPath(path_ + "/viewer" + std::to_string(opened.number)),
                                 give(std::move(opened.front)), give(std::move(opened.channel)),
                                 on_bus(opened.layout));
        });
}

void DisplayObject::Refresh(sdbus::Result<>&& result, std::map<std::string, sdbus::Variant> options) {
    context_.when_identified(Callers::Depth::user, getObject(), std::move(result),
                             [this, options = std::move(options)](const Caller& caller, const auto& answer) {
                                 Authority::check_tune(caller.credentials.uid);
                                 expect_no_options(options);
                                 if (std::string why = pipeline_.output().problem(); !why.empty())
                                     throw Refusal(Refusal::Kind::busy, "nothing can be shown now: " + why +
                                                                            "; see journalctl -u hvfbd");
                                 pipeline_.refresh(context_.now());
                                 answer.returnResults();
                             });
}

void DisplayObject::SetMode(sdbus::Result<>&& result, uint32_t width, uint32_t height,
                            std::map<std::string, sdbus::Variant> options) {
    context_.when_identified(
        Callers::Depth::user, getObject(), std::move(result),
        [=, this, options = std::move(options)](const Caller& caller, const auto& answer) {
            Authority::check_tune(caller.credentials.uid);
            expect_no_options(options);
            pipeline_.set_mode({width, height}, context_.now());
            answer.returnResults();
        });
}

}  // namespace hvfbd
