#pragma once

#include <exception>
#include <optional>
#include <vector>

#include "base/event_loop.h"
#include "clients/observer.h"
#include "clients/surfaces.h"
#include "clients/userfaultfd_grants.h"
#include "clients/viewers.h"
#include "display/display_settings.h"
#include "display/frame_runner.h"
#include "display/frame_scheduler.h"
#include "display/presenter.h"
#include "display/saved_display.h"
#include "display/statistics.h"
#include "output/output.h"

namespace hvfbd {

// READ FIRST. The way of a pixel, from a client's store to the host, for one display:
//
//   surfaces    who draws, and what each of them reported written                      (shadow)
//   scheduler   when to do what: collect, compare, present, wake at a time, or rest
//   frames      do that at the active surface, and tell the scheduler what became of it
//   presenter   what differs between shadow and front (damage), copied as it is found to front and to the
//               output's scanout, reduced to a few rectangles, told to the host and to those who look at
//               front
//
// Everybody stores facts; update() alone decides. It runs once after every turn of the loop. One thread.
class Display : private OutputListener {
  public:
    // Borrowed: the loop, the output and the report outlive the display.
    Display(EventLoop& loop, Output& output, const DisplaySettings& settings, Observer& report);
    ~Display() override;
    Display(const Display&) = delete;
    Display& operator=(const Display&) = delete;

    // Goes on with the surfaces and viewers that another process of the daemon kept, before the first
    // update(). What cannot be gone on with is left out, and said; its client is told by its channel's end.
    // `first_serial`: of this process; see state.h.
    void restore(const SavedDisplay& saved, std::uint64_t first_serial, RestoredDescriptors& restored,
                 Time now);
    // What the next process needs for it. `configured`: the settings that needs not be kept.
    SavedDisplay save(const DisplaySettings& configured) const;
    void add_stored_descriptors(std::vector<StoredDescriptor>& stored_descriptors) const;

    // What clients ask for. `now` is the loop's. Throw RequestError (busy, failed) and std::system_error.
    // `elsewhere`: what this user has on other displays.
    Surfaces::Opened open_surface(const SurfaceOptions& options, Client client, Time now,
                                  const Surfaces::Elsewhere& elsewhere = {});
    Viewers::Opened open_viewer(Client client, Time now, std::size_t elsewhere = 0);
    // Saved and in effect when these return, so that their caller may be answered.
    void activate(SurfaceNumber number, Time now);
    void close_surface(SurfaceNumber number, Time now);
    // Closes a kept surface without a client in favour of a new one on another display.
    void give_way(SurfaceNumber number) { surfaces_.give_way(number); }

    // What the administrator asks for; saved when these return, and effective with the next frame.
    const DisplaySettings& settings() const { return settings_; }
    void change_settings(const DisplaySettings& settings, Time now);
    void set_mode(Mode mode, Time now);  // throws RequestError (no_such_mode, not_supported, failed)
    void refresh(Time now);              // present everything once, changed or not
    // Clients are given userfaultfds by these, which outlive the display, from the next update() on; again
    // after what they allow has changed. At first none is.
    void grant_userfaultfds(UserfaultfdGrants& grants);

    // Decides what to do now and when to wake next. Called after every turn.
    void update(Time now);
    // Going down: compares everything once more, waits for nobody, presents the whole picture.
    void finish(Time now);
    // The machine goes to sleep, and the device with it; and is awake again.
    void suspend(Time now);
    void resume(Time now);
    // The process is about to die: copies front to the screen once more, and tells the host. In a signal
    // handler.
    void flush_on_crash() noexcept;

    const Surfaces& surfaces() const { return surfaces_; }
    const Viewers& viewers() const { return viewers_; }
    const Output& output() const { return output_; }
    const Picture& front() const { return presenter_.front(); }
    const Layout& layout() const { return front().layout(); }
    // Somebody looks: at the output, or at front.
    bool visible() const { return output_.visible() || viewers_.size() > 0; }
    Statistics statistics() const;

  private:
    // Everything else update() asks after every turn anyway.
    void output_changed() override { modes_may_differ_ = true; }
    void output_needs_persisting() override { observer_.persist_before_acknowledge(); }
    void output_said(Importance importance, const std::string& sentence) override {
        observer_.output_said(importance == Importance::warning, sentence);
    }

    void turn(Time now);
    // A turn that could not be finished, for want of memory as it may be.
    void recover(const std::exception& why, Time now);
    // What was asked has been done: takes it to front, and saves it, before its caller is answered. Where
    // there is no memory for that the end of the turn does it again; it does not fail, for what was asked is
    // done.
    void complete(Time now);
    // Goes over to the output's layout. Where there is no memory for that nothing is shown, which is said,
    // and it is tried again when it has changed or somebody wants to see something.
    void follow_output(Time now);
    // Offers every surface a buffer of that layout.
    void offer_buffers();
    void wanted();
    // Something may have been freed: what could not be had is tried again.
    void try_again();

    // Facts that changed since the last turn.
    void notice_clients(Time now);
    void notice_output(Time now);
    void notice_active(Time now);
    void tell_states();
    void give_userfaultfds();
    void send_offers();

    void answer_unshown_frames(Time now);
    void set_alarm(std::optional<Time> at, Time now);
    FrameScheduler::Settings schedule_settings() const;

    Output& output_;
    Observer& observer_;
    UserfaultfdGrants* grants_ = nullptr;
    DisplaySettings settings_;
    Statistics statistics_;
    Viewers viewers_;
    Surfaces surfaces_;
    Presenter presenter_;
    FrameScheduler scheduler_;
    FrameRunner frames_;
    EventLoop::Alarm alarm_;

    std::optional<Mode> mode_set_;     // by the administrator
    std::optional<Layout> too_large_;  // there was no memory for it
    bool offer_missing_ = false;       // nor for a buffer that was to be offered
    bool offers_due_ = false;          // such a one is tried again
    bool recovering_ = false;          // the last turn was not finished
    Layout told_layout_;               // that was reported

    SurfaceNumber shown_ = 0;  // the surface that was active last turn; 0: none
    bool was_visible_, output_was_visible_;
    std::vector<Mode> modes_;  // as they were said to be
    bool modes_may_differ_ = false;
};

}  // namespace hvfbd
