#include "daemon.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "base/error.h"

namespace hvfbd {

namespace {

// What was set over the bus goes before the configuration, as it did in the process before.
Tuning tuning_of(const Configuration& configuration, const KeptDisplay* kept) {
    Tuning tuning = configuration.display;
    if (!kept) return tuning;
    for (const auto& [name, value] : kept->tuning) {
        try {
            set(tuning, name, value);
        } catch (const Refusal& refusal) {
            spdlog::warn("what was set before: {}", refusal.what());
        }
    }
    return tuning;
}

}  // namespace

// A display, and who is told of it. Throws std::system_error where there is no memory for its picture.
struct Daemon::Display {
    Display(EventLoop& loop, Output& output, const Tuning& tuning, std::unique_ptr<Report> first,
            Keeper& keeper)
        : report(std::move(first)), reports{report.get(), &keeper}, pipeline(loop, output, tuning, reports) {}
    std::unique_ptr<Report> report;
    Reports reports;
    Pipeline pipeline;
};

Daemon::Daemon(Configuration configuration, DescriptorStore store, const Parts& parts)
    : configuration_(std::move(configuration)),
      store_(std::move(store)),
      keeper_(store_),
      pump_(loop_, store_.notifier()) {
    Decoded inherited = keeper_.inherit();
    if (!inherited.why.empty())
        spdlog::warn("the state that was kept is of no use: {}; beginning anew, and those who drew are told",
                     inherited.why);
    if (inherited.passed_over > 0)
        spdlog::warn("{} parts of the state that was kept are of a newer hvfbd, and are lost",
                     inherited.passed_over);
    State before = inherited.state.value_or(State{});
    std::vector<Legacy> legacies;
    for (std::size_t i = 0; i < before.displays.size(); ++i) legacies.push_back(keeper_.legacy_of(i));
    std::vector<OutputLegacy> of_outputs;
    for (std::size_t i = 0; i < before.displays.size(); ++i)
        of_outputs.push_back({before.displays[i].output, legacies[i], before.displays[i].mode,
                              before.displays[i].output_name, before.displays[i].size});
    outputs_ = parts.make_outputs(loop_, of_outputs);
    make_displays(parts, before);
    if (inherited.state) go_on(before, legacies);
    legacies.clear();  // who is lost is told by it
    keeper_.begin({pipelines_.begin(), pipelines_.end()}, configuration_.display);
}

Daemon::~Daemon() = default;

void Daemon::make_displays(const Parts& parts, State& before) {
    bool several = outputs_->all().size() > 1;
    for (Output* output : outputs_->all()) {
        std::size_t number = displays_.size();
        KeptDisplay* kept = number < before.displays.size() ? &before.displays[number] : nullptr;
        Tuning tuning = tuning_of(configuration_, kept);
        auto display = [&] {
            return std::make_unique<Display>(loop_, *output, tuning, parts.make_report(number, several),
                                             keeper_);
        };
        try {
            displays_.push_back(display());
        } catch (const std::system_error& error) {
            if (!kept || !kept->mode) throw;
            // Set over the bus while there was more memory: all that is drawn is worth more than a mode.
            spdlog::warn("the mode that was set before cannot be had again: {}", error.what());
            kept->mode.reset();
            output->set_mode(configuration_.output.mode.value_or(default_mode));
            displays_.push_back(display());
        }
        pipelines_.push_back(&displays_.back()->pipeline);
    }
    allow_userfaultfds(configuration_.grant_userfaultfd);
}

// The displays of the process before go on, as far as there are displays of their numbers.
void Daemon::go_on(const State& before, std::vector<Legacy>& legacies) {
    std::size_t surfaces = 0, viewers = 0;
    for (std::size_t i = 0; i < before.displays.size(); ++i) {
        const KeptDisplay& kept = before.displays[i];
        if (i < displays_.size()) {
            Pipeline& pipeline = *pipelines_[i];
            pipeline.restore(kept, keeper_.first_serial(), legacies[i], loop_.now());
            surfaces += pipeline.surfaces().all().size();
            viewers += pipeline.viewers().size();
        } else if (!kept.surfaces.empty() || !kept.viewers.empty()) {
            spdlog::warn("{} of the process before is lost: there is no such display any more",
                         display_name(i));
        }
    }
    spdlog::info("going on with {} surfaces and {} viewers after {} restarts", surfaces, viewers,
                 before.generation + 1);
}

void Daemon::add_report(std::size_t display, Report& report) {
    displays_.at(display)->reports.add(report);
}

void Daemon::set_tuning(const Tuning& tuning) {
    configuration_.display = tuning;
    for (Pipeline* pipeline : pipelines_) pipeline->set_tuning(tuning, loop_.now());
}

void Daemon::allow_userfaultfds(bool allowed) {
    configuration_.grant_userfaultfd = allowed;
    grants_.allow(allowed);
    for (Pipeline* pipeline : pipelines_) pipeline->grant_userfaultfds(grants_);
}

void Daemon::start() {
    loop_.on_shortage([](const char* why) {
        spdlog::warn("something that was to be done could not be, and is tried again: {}", why);
    });
    loop_.after_turn([this](Time now) { turn(now); });
    turn(loop_.now());
}

// The state is saved before anything is done about what was heard, and after.
void Daemon::turn(Time now) {
    keeper_.save();
    for (Pipeline* pipeline : pipelines_) pipeline->update(now);
    keeper_.save();
    say_what_cannot_be_kept();
    if (after_turn_) after_turn_(now);
}

void Daemon::say_what_cannot_be_kept() {
    if (keeper_.take_overflow())
        spdlog::warn("there is more to keep than fits: a restart will lose surfaces");
    if (std::string why = keeper_.take_problem(); !why.empty())
        spdlog::warn("what there is could not be saved, and is lost if the daemon ends now: {}", why);
    if (std::string problem = store_.take_problem(); !problem.empty())
        spdlog::warn("a restart may lose surfaces: {}", problem);
    if (auto needed = keeper_.take_shortage()) {
        // Room for as many again.
        std::size_t enough = (*needed * 2 + 63) / 64 * 64;
        spdlog::warn(
            "a restart will lose surfaces: the service manager keeps {} descriptors, and there are {}; set "
            "FileDescriptorStoreMax={} in [Service] (systemctl edit hvfbd), then systemctl reload hvfbd",
            store_.most().value_or(0), *needed, enough);
    }
}

void Daemon::set_store_limit(std::size_t most) {
    store_.set_most(most);
    say_what_cannot_be_kept();
}

void Daemon::run() {
    loop_.run();
    finish();
    // The last present has a number too.
    keeper_.save();
    store_.notifier().flush_at_the_end();
    keeper_.save();
    store_.notifier().flush_at_the_end();
    say_what_cannot_be_kept();
}

void Daemon::finish() {
    for (Pipeline* pipeline : pipelines_) pipeline->finish(loop_.now());
}

void Daemon::suspend() {
    for (Pipeline* pipeline : pipelines_) pipeline->suspend(loop_.now());
}

void Daemon::resume() {
    for (Pipeline* pipeline : pipelines_) pipeline->resume(loop_.now());
}

void Daemon::last_words() noexcept {
    for (Pipeline* pipeline : pipelines_) pipeline->last_words();
}

}  // namespace hvfbd
