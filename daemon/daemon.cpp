#include "daemon.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "base/error.h"

namespace hvfbd {

namespace {

// What was set over the bus goes before the configuration, as it did in the process before.
DisplaySettings settings_of(const Configuration& configuration, const SavedDisplay* saved) {
    DisplaySettings settings = configuration.display;
    if (!saved) return settings;
    for (const auto& [name, value] : saved->settings) {
        try {
            set(settings, name_now(name), value);
        } catch (const RequestError& refused) {
            spdlog::warn("what was set before: {}", refused.what());
        }
    }
    return settings;
}

}  // namespace

// A display, and its observers. Throws std::system_error where there is no memory for its picture.
struct Daemon::OwnedDisplay {
    OwnedDisplay(EventLoop& loop, Output& output, const DisplaySettings& settings,
                 std::unique_ptr<Observer> first, StateSaver& saver)
        : observer(std::move(first)),
          observers{observer.get(), &saver},
          display(loop, output, settings, observers) {}
    std::unique_ptr<Observer> observer;
    Observers observers;
    Display display;
};

Daemon::Daemon(Configuration configuration, DescriptorStore store, const Parts& parts)
    : configuration_(std::move(configuration)),
      store_(std::move(store)),
      saver_(store_),
      pump_(loop_, store_.notifier()) {
    Decoded restored = saver_.restore();
    if (!restored.why.empty())
        spdlog::warn("the saved state is of no use: {}; beginning anew, and those who drew are disconnected",
                     restored.why);
    if (restored.passed_over > 0)
        spdlog::warn("{} parts of the saved state are of a newer hvfbd, and are lost", restored.passed_over);
    State before = restored.state.value_or(State{});
    std::vector<RestoredDescriptors> restored_outputs;
    for (std::size_t i = 0; i < before.displays.size(); ++i)
        restored_outputs.push_back(saver_.restored_of(i));
    const std::uint64_t named = output_number(configuration_.output);
    const bool wanted = before.configured_output == 0 || before.configured_output == named;
    std::vector<RestoredOutput> of_outputs;
    for (std::size_t i = 0; i < before.displays.size(); ++i)
        of_outputs.push_back({before.displays[i].output, restored_outputs[i], before.displays[i].mode,
                              before.displays[i].output_name, before.displays[i].size, wanted});
    outputs_ = parts.make_outputs(loop_, of_outputs);
    say_what_is_dropped(before);
    make_displays(parts, before);
    if (restored.state) restore_displays(before, restored_outputs);
    restored_outputs.clear();  // closes the channels of lost clients
    saver_.begin({displays_.begin(), displays_.end()}, configuration_.display, named);
}

Daemon::~Daemon() = default;

void Daemon::make_displays(const Parts& parts, State& before) {
    bool several = outputs_->all().size() > 1;
    for (Output* output : outputs_->all()) {
        std::size_t number = owned_.size();
        SavedDisplay* saved = number < before.displays.size() ? &before.displays[number] : nullptr;
        DisplaySettings settings = settings_of(configuration_, saved);
        auto display = [&] {
            return std::make_unique<OwnedDisplay>(loop_, *output, settings,
                                                  parts.make_observer(number, several), saver_);
        };
        try {
            owned_.push_back(display());
        } catch (const std::system_error& error) {
            if (!saved || !saved->mode) throw;
            // Set over the bus while there was more memory: all that is drawn is worth more than a mode.
            spdlog::warn("the mode that was set before cannot be had again: {}", error.what());
            saved->mode.reset();
            output->set_mode(configuration_.output.mode.value_or(default_mode));
            owned_.push_back(display());
        }
        displays_.push_back(&owned_.back()->display);
    }
    allow_userfaultfds(configuration_.grant_userfaultfd);
}

// A configuration that names another output goes before what was saved.
void Daemon::say_what_is_dropped(const State& before) const {
    const std::vector<Output*> outputs = outputs_->all();
    for (std::size_t i = 0; i < outputs.size() && i < before.displays.size(); ++i)
        if (const std::string& was = before.displays[i].output_name;
            !was.empty() && was != outputs[i]->name())
            spdlog::info("{} shows on the output {} now; what was saved of the output {} is dropped",
                         display_name(i), outputs[i]->name(), was);
}

// Restores the displays of the process before, as far as there are displays of their numbers.
void Daemon::restore_displays(const State& before, std::vector<RestoredDescriptors>& restored_outputs) {
    std::size_t surfaces = 0, viewers = 0;
    for (std::size_t i = 0; i < before.displays.size(); ++i) {
        const SavedDisplay& saved = before.displays[i];
        if (i < owned_.size()) {
            Display& display = *displays_[i];
            display.restore(saved, saver_.first_serial(), restored_outputs[i], loop_.now());
            surfaces += display.surfaces().all().size();
            viewers += display.viewers().size();
        } else if (!saved.surfaces.empty() || !saved.viewers.empty()) {
            spdlog::warn("{} of the process before is lost: there is no such display any more",
                         display_name(i));
        }
    }
    spdlog::info("restored {} surfaces and {} viewers after {} restarts", surfaces, viewers,
                 before.generation + 1);
}

void Daemon::add_observer(std::size_t display, Observer& observer) {
    owned_.at(display)->observers.add(observer);
}

void Daemon::change_settings(const DisplaySettings& settings) {
    configuration_.display = settings;
    for (Display* display : displays_) display->change_settings(settings, loop_.now());
}

void Daemon::allow_userfaultfds(bool allowed) {
    configuration_.grant_userfaultfd = allowed;
    grants_.allow(allowed);
    for (Display* display : displays_) display->grant_userfaultfds(grants_);
}

void Daemon::start() {
    loop_.on_shortage([](const char* why) {
        spdlog::warn("something that was to be done could not be, and is tried again: {}", why);
    });
    loop_.after_dispatch([this](Time now) { update(now); });
    update(loop_.now());
}

// The state is saved before anything is done about what was heard, and after.
void Daemon::update(Time now) {
    saver_.save();
    for (Display* display : displays_) display->update(now);
    saver_.save();
    warn_of_unsaved_state();
    if (after_dispatch_) after_dispatch_(now);
}

void Daemon::warn_of_unsaved_state() {
    if (saver_.take_overflow())
        spdlog::warn("the state is too long to be saved: a restart will lose surfaces");
    if (std::string why = saver_.take_problem(); !why.empty())
        spdlog::warn("what there is could not be saved, and is lost if the daemon ends now: {}", why);
    if (std::string problem = store_.take_problem(); !problem.empty())
        spdlog::warn("a restart may lose surfaces: {}", problem);
    if (auto needed = saver_.take_shortage()) {
        // Room for as many again.
        std::size_t enough = (*needed * 2 + 63) / 64 * 64;
        spdlog::warn(
            "a restart will lose surfaces: the service manager stores {} descriptors, and there are {}; set "
            "FileDescriptorStoreMax={} in [Service] (sudo systemctl edit hvfbd), then sudo systemctl reload "
            "hvfbd",
            store_.most().value_or(0), *needed, enough);
    }
}

void Daemon::set_store_limit(std::size_t most) {
    store_.set_most(most);
    warn_of_unsaved_state();
}

void Daemon::run() {
    loop_.run();
    finish();
    // The last present has a number too.
    saver_.save();
    store_.notifier().flush_at_the_end();
    saver_.save();
    store_.notifier().flush_at_the_end();
    warn_of_unsaved_state();
}

void Daemon::finish() {
    for (Display* display : displays_) display->finish(loop_.now());
}

void Daemon::suspend() {
    for (Display* display : displays_) display->suspend(loop_.now());
}

void Daemon::resume() {
    for (Display* display : displays_) display->resume(loop_.now());
}

void Daemon::flush_on_crash() noexcept {
    for (Display* display : displays_) display->flush_on_crash();
}

}  // namespace hvfbd
