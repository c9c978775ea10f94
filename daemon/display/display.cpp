#include "display/display.h"

#include <algorithm>
#include <utility>

namespace hvfbd {

namespace {

// How long after a dispatch that could not be finished.
constexpr Duration until_recovery = std::chrono::milliseconds(100);

// A process that is killed may have sent viewers frames in its last dispatch, before their number was saved:
// more than one dispatch presents.
constexpr std::uint64_t frames_unsaved = 8;

}  // namespace

Display::Display(EventLoop& loop, Output& output, const DisplaySettings& settings, Observer& observer)
    : output_(output),
      observer_(observer),
      settings_(settings),
      viewers_(loop, observer),
      surfaces_(loop, observer),
      presenter_(output, viewers_, statistics_),
      frames_(scheduler_, settings_, surfaces_, presenter_, statistics_),
      buffers_(output, presenter_, surfaces_, observer),
      notifier_(surfaces_, settings_, scheduler_, observer),
      reporter_(output, observer),
      alarm_(loop, [] {}) {
    frames_.settings_changed();
    output_.listen(this);
    output_.ignore_hidden(settings_.when_hidden == DisplaySettings::WhenHidden::ignore);
}

Display::~Display() {
    output_.listen(nullptr);
}

void Display::update(Time now) {
    ++statistics_.wakeups;
    try {
        dispatch(now);
        recovering_ = false;
    } catch (const std::system_error& error) {
        recover(error, now);
    } catch (const std::bad_alloc& error) {
        recover(error, now);
    }
}

void Display::dispatch(Time now) {
    notice_clients(now);
    notice_output(now);
    frames_.follow_active(now);
    reporter_.report(visible(), layout(), active(), viewers_.size(), problem());
    notifier_.send_states(visible());
    notifier_.give_userfaultfds();
    buffers_.send_offers();
    std::optional<Time> at = frames_.run(now);
    notifier_.answer_unshown_frames(now);
    // A peer that could not be sent something in this dispatch is given up in the next one.
    if (surfaces_.any_over() || viewers_.any_over()) at = now;
    keep_earliest(at, notifier_.next_due());
    alarm_.set(at);
}

// Where the dispatch stopped is not known: everything is compared and presented anew, a little later. What a
// dispatch notices the next one notices, too.
void Display::recover(const std::exception& why, Time now) {
    refresh(now);
    scheduler_.frame_failed(now);
    alarm_.set(now + until_recovery);
    if (std::exchange(recovering_, true)) return;
    try {
        observer_.output_said(
            true, std::string("what there was to do could not be done, and is tried again: ") + why.what());
    } catch (const std::exception&) {
        // There is no memory to say so.
    }
}

void Display::notice_clients(Time now) {
    const std::size_t surfaces = surfaces_.size(), viewers = viewers_.size();
    surfaces_.reap();
    viewers_.reap();
    if (viewers_.size() != viewers) output_.viewers_changed(viewers_.size());
    if (surfaces_.size() != surfaces || viewers_.size() != viewers) buffers_.try_again();
    for (auto& surface : surfaces_.stack()) {
        surface->take_configured(now);
        statistics_.add(surface->client_state().take_counts());
    }
}

void Display::notice_output(Time now) {
    follow_output(now);
    buffers_.offer_again();
    scheduler_.inhibit(FrameScheduler::Inhibitor::no_front, !buffers_.settled());
    scheduler_.inhibit(FrameScheduler::Inhibitor::hidden,
                       !visible() && settings_.when_hidden == DisplaySettings::WhenHidden::pause);
    // What was drawn unseen was not tracked, and a host that shows its window again may have lost the
    // picture.
    if (output_.take_repaint() || reporter_.became_visible(visible())) refresh(now);
}

Surfaces::Opened Display::open_surface(const SurfaceOptions& options, Client client, Time now,
                                       const Surfaces::Elsewhere& elsewhere) {
    wanted();
    return surfaces_.open(options, std::move(client), layout(), now, elsewhere);
}

Viewers::Opened Display::open_viewer(Client client, Time now, std::size_t elsewhere) {
    wanted();
    Viewers::Opened opened = viewers_.open(std::move(client), front(), elsewhere);
    // It is in the list: what follows does not throw.
    static_assert(noexcept(output_.viewers_changed(0))&& noexcept(scheduler_.refresh(now)));
    output_.viewers_changed(viewers_.size());
    scheduler_.refresh(now);
    return opened;
}

void Display::complete(Time now) {
    try {
        follow_output(now);
        // Who is answered may have asked the next thing already, and a process that is killed now has
        // answered.
        observer_.persist_before_acknowledge();
    } catch (const std::exception& error) {
        recover(error, now);
    }
}

void Display::change_settings(const DisplaySettings& settings, Time now) {
    const DisplaySettings before = std::exchange(settings_, settings);
    frames_.settings_changed();
    complete(now);
    if (settings.when_hidden != before.when_hidden) {
        output_.ignore_hidden(settings.when_hidden == DisplaySettings::WhenHidden::ignore);
        // What was drawn while hidden was neither tracked nor presented.
        refresh(now);
    }
    if (settings.tracking == before.tracking) return;
    if (Surface* surface = surfaces_.active()) surface->client_state().expect_damage(now);
}

void Display::refresh(Time now) {
    presenter_.want_everything();
    scheduler_.refresh(now);
    if (Surface* surface = surfaces_.active()) surface->client_state().damage_hints().add_everything();
}

void Display::finish(Time now) {
    refresh(now);
    frames_.flush(now);
}

std::string Display::problem() const {
    std::string problem = output_.problem();
    return problem.empty() ? buffers_.problem() : problem;
}

Statistics Display::statistics() const {
    Statistics statistics = statistics_;
    statistics.messages_malformed = surfaces_.violations() + viewers_.violations();
    statistics.messages_throttled = surfaces_.throttled();
    return statistics;
}

void Display::restore(const SavedDisplay& saved, std::uint64_t first_serial, RestoredDescriptors& restored,
                      Time now) {
    // Of another output it says nothing.
    if (saved.output_name == output_.name()) buffers_.restore_mode(saved.mode);
    presenter_.set_frame(saved.frame + frames_unsaved);
    restore_peers(saved, first_serial, restored, surfaces_, viewers_, observer_);
    if (viewers_.size() > 0) output_.viewers_changed(viewers_.size());
    reporter_.assume_visible(visible());
    // The mode may be another one, if the output had to begin anew.
    buffers_.offer();
    scheduler_.refresh(now);
}

SavedDisplay Display::save(const DisplaySettings& configured) const {
    SavedDisplay saved = save_peers(surfaces_, viewers_);
    saved.settings = differences(configured, settings_);
    saved.mode = buffers_.mode_set();
    saved.frame = presenter_.frame();
    saved.output = output_.save();
    saved.output_name = output_.name();
    saved.size = {layout().width, layout().height};
    return saved;
}

void Display::add_stored_descriptors(std::vector<StoredDescriptor>& stored_descriptors) const {
    for (const Surface* surface : surfaces_.all()) surface->add_stored_descriptors(stored_descriptors);
    for (const Viewer* viewer : viewers_.all()) viewer->add_stored_descriptors(stored_descriptors);
    output_.add_stored_descriptors(stored_descriptors);
}

}  // namespace hvfbd
