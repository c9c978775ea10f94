#pragma once

#include <optional>

#include "clients/observer.h"
#include "clients/surfaces.h"
#include "display/presenter.h"
#include "output/output.h"

namespace hvfbd {

// Which layout front and the clients' buffers have: front follows the output's mode, and each surface is
// offered a buffer of front's layout, which its client takes when it likes. What there is no memory for is
// reported, and tried again once something may have been freed.
class BufferNegotiation {
  public:
    // Borrowed: all outlive it.
    BufferNegotiation(Output& output, Presenter& presenter, Surfaces& surfaces, Observer& observer)
        : output_(output), presenter_(presenter), surfaces_(surfaces), observer_(observer) {}

    // Front has the output's layout. If not, nothing can be shown.
    bool settled() const { return output_.layout() == presenter_.front().layout(); }
    // Why not; empty: it has.
    std::string problem() const { return settled() ? std::string() : problem_; }
    // Gives front the output's layout and offers it to the clients. True: front is a new one, to be drawn
    // whole.
    bool follow_output();
    // Throws RequestError (no_such_mode, not_supported, failed), and the mode is what it was.
    void set_mode(Mode mode);
    // The mode that was set last; none: the output's own choice.
    std::optional<Mode> mode_set() const { return mode_set_; }
    void restore_mode(std::optional<Mode> mode) { mode_set_ = mode; }

    // Offers each surface a buffer of front's layout, unless it has one.
    void offer();
    // Those for which there was no memory, after try_again().
    void offer_again();
    // Something may have been freed, or somebody wants to see something.
    void try_again();
    // Sends what was offered, once it is saved: a client may draw there although this process has ended.
    void send_offers();

  private:
    Output& output_;
    Presenter& presenter_;
    Surfaces& surfaces_;
    Observer& observer_;
    std::optional<Mode> mode_set_;
    std::optional<Layout> too_large_;  // there was no memory for a front of it
    std::string problem_;              // of the last attempt at one
    bool offer_failed_ = false;        // nor for a buffer that was to be offered
    bool offers_due_ = false;          // which is tried again
};

}  // namespace hvfbd
