#pragma once

#include <exception>
#include <optional>
#include <vector>

#include "base/event_loop.h"
#include "clients/observer.h"
#include "clients/surfaces.h"
#include "clients/userfaultfd_grants.h"
#include "clients/viewers.h"
#include "display/buffer_negotiation.h"
#include "display/change_reporter.h"
#include "display/client_notifier.h"
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
//   surfaces    who draws, and what damage each of them reported                        (shadow)
//   scheduler   when to do what: collect, compare, present, wake at a time, or rest
//   frames      do that at the active surface, and report to the scheduler
//   presenter   finds what differs between shadow and front (damage), copies it to front and to the output's
//               scanout, reduces it to a few rectangles, submits these to the host and to the viewers of
//               front
//
// Beside the way: buffers (the mode, and the buffers of its layout that clients are offered), notifier (what
// clients are sent besides frames), reporter (of what the observer is notified).
//
// Handlers store facts; update() alone decides. It runs once after every dispatch of the loop. One thread.
class Display : private OutputListener {
  public:
    // Borrowed: the loop, the output and the observer outlive the display.
    Display(EventLoop& loop, Output& output, const DisplaySettings& settings, Observer& observer);
    ~Display() override;
    Display(const Display&) = delete;
    Display& operator=(const Display&) = delete;

    // Restores the surfaces and viewers that another process of the daemon saved, before the first update().
    // One that cannot be restored is left out, and the observer notified; its client sees its channel's end.
    // `first_serial`: of this process; see state.h.
    void restore(const SavedDisplay& saved, std::uint64_t first_serial, RestoredDescriptors& restored,
                 Time now);
    // What the next process needs for it. `configured`: the settings that need not be saved.
    SavedDisplay save(const DisplaySettings& configured) const;
    void add_stored_descriptors(std::vector<StoredDescriptor>& stored_descriptors) const;

    // What clients ask for. `now` is the loop's. Throw RequestError (busy, failed) and std::system_error.
    // `elsewhere`: what this user has on other displays.
    Surfaces::Opened open_surface(const SurfaceOptions& options, Client client, Time now,
                                  const Surfaces::Elsewhere& elsewhere = {});
    Viewers::Opened open_viewer(Client client, Time now, std::size_t elsewhere = 0);
    // Saved and in effect when these return, so that their caller may be answered.
    void activate(SurfaceNumber number, Time now) {
        surfaces_.activate(number);
        complete(now);
        wanted();
    }
    void close_surface(SurfaceNumber number, Time now) {
        surfaces_.close(number, "closed from outside");
        complete(now);
    }
    // Closes a kept surface without a client in favour of a new one on another display.
    void give_way(SurfaceNumber number) { surfaces_.give_way(number); }

    // What the administrator asks for; saved when these return, and effective with the next frame.
    const DisplaySettings& settings() const { return settings_; }
    void change_settings(const DisplaySettings& settings, Time now);
    // Throws RequestError (no_such_mode, not_supported, failed).
    void set_mode(Mode mode, Time now) {
        buffers_.set_mode(mode);
        complete(now);
    }
    void refresh(Time now);  // presents everything once, changed or not
    // Clients are given userfaultfds by these, which outlive the display, from the next update() on; again
    // after what they allow has changed. At first none is.
    void grant_userfaultfds(UserfaultfdGrants& grants) { notifier_.grant_userfaultfds(grants); }

    // Decides what to do now and when to wake next. Called after every dispatch.
    void update(Time now);
    // Going down: compares everything once more, waits for nobody, presents the whole picture.
    void finish(Time now);
    // The machine goes to sleep, and the device with it; and is awake again.
    void suspend(Time now) {
        finish(now);
        output_.suspend();
    }
    void resume(Time now) {
        output_.resume();
        refresh(now);
    }
    // The process is about to die: copies front to the screen once more, and submits it. In a signal handler.
    void flush_on_crash() noexcept {
        presenter_.flush_on_crash();
        output_.flush_on_crash();
    }

    const Surfaces& surfaces() const { return surfaces_; }
    const Viewers& viewers() const { return viewers_; }
    const Output& output() const { return output_; }
    const Picture& front() const { return presenter_.front(); }
    const Layout& layout() const { return front().layout(); }
    // Somebody looks: at the output, or at front.
    bool visible() const { return output_.visible() || viewers_.size() > 0; }
    // Why nothing can be shown now, whoever looks, and what mends it. Empty: something can.
    std::string problem() const;
    Statistics statistics() const;

  private:
    // Everything else update() asks after every dispatch anyway.
    void output_changed() noexcept override { reporter_.modes_may_differ(); }
    void output_needs_persisting() override { observer_.persist_before_acknowledge(); }
    void output_said(Importance importance, const std::string& sentence) override {
        observer_.output_said(importance == Importance::warning, sentence);
    }

    void dispatch(Time now);
    // A dispatch that could not be finished, for want of memory as it may be.
    void recover(const std::exception& why, Time now);
    // What was asked has been done: takes it to front, and saves it, before its caller is answered. Where
    // there is no memory for that the end of the dispatch does it again; it does not fail, for what was asked
    // is done.
    void complete(Time now);
    // Somebody wants to show or see something: what could not be had is tried again.
    void wanted() {
        buffers_.try_again();
        output_.wanted();
    }
    void follow_output(Time now) {
        if (buffers_.follow_output()) refresh(now);
    }
    SurfaceNumber active() const { return surfaces_.active() ? surfaces_.active()->number() : 0; }

    // Facts that changed since the last dispatch.
    void notice_clients(Time now);
    void notice_output(Time now);

    Output& output_;
    Observer& observer_;
    DisplaySettings settings_;
    Statistics statistics_;
    Viewers viewers_;
    Surfaces surfaces_;
    Presenter presenter_;
    FrameScheduler scheduler_;
    FrameRunner frames_;
    BufferNegotiation buffers_;
    ClientNotifier notifier_;
    ChangeReporter reporter_;
    EventLoop::Alarm alarm_;
    bool recovering_ = false;  // the last dispatch was not finished
};

}  // namespace hvfbd
