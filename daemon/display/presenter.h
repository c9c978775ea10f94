#pragma once

#include <optional>
#include <vector>

#include "base/picture.h"
#include "base/region.h"
#include "base/time.h"
#include "clients/viewers.h"
#include "damage/compare.h"
#include "display/frame_scheduler.h"
#include "display/statistics.h"
#include "output/output.h"

namespace hvfbd {

// The second half of the way: what differs goes from shadow to front to scanout, and is presented. What was
// copied but could not be presented yet stays pending, so that a refused present loses nothing.
class Presenter {
  public:
    // Borrowed: all outlive it. Front is made for the output's layout.
    Presenter(Output& output, Viewers& viewers, Statistics& statistics);

    const Picture& front() const { return front_; }

    // Copies what differs inside `where` from the shadow (none: black) to front and scanout. Says where it
    // differed, a row a rectangle, valid until the next compare.
    const Found& compare(const Picture* shadow, std::span<const Rectangle> where);
    // Whether some rows inside `where` show that something differs. Not so: it may all the same.
    bool compare_sampled(const Picture& shadow, std::span<const Rectangle> where);
    // Everything is to be copied to scanout and presented the next time, changed or not.
    void want_everything() { everything_ = true; }
    // There is something that was not presented to the host or a viewer yet.
    bool has_pending_damage() const { return everything_ || !pending_damage_.empty(); }

    // Number of the last frame that was presented; continues that of the process before.
    std::uint64_t frame() const { return frame_; }
    void set_frame(std::uint64_t frame) { frame_ = frame; }

    // `max_rectangles`, or fewer where the output takes no more.
    FrameScheduler::Presented present(Time now, std::size_t max_rectangles);

    // Front has just been compared: viewers that came since the last time may see it.
    void start_viewers(Time now) { viewers_.current(front_, frame_, now); }

    // Copies front to scanout, whole. In a signal handler.
    void flush_on_crash() noexcept;

    // The output has, or will have, another layout: makes a black front of it, so that start_over() needs no
    // memory. Throws std::system_error, and nothing has changed.
    void prepare(const Layout& layout);
    void forget_prepared() { prepared_.reset(); }
    // That front, or one made now, is front; viewers get it with its first frame. Throws as prepare().
    void start_over();

  private:
    std::span<std::byte> scanout() const;
    void catch_up();
    Output::Presented submit();

    Output& output_;
    Viewers& viewers_;
    Statistics& statistics_;
    Picture front_;
    std::optional<Picture> prepared_;
    Found found_;
    std::vector<Rectangle> condensed_;
    Region pending_damage_;  // copied to front, not presented
    // Some of it was found while there was no scanout to copy it to.
    bool scanout_stale_ = false;
    bool everything_ = true;
    std::vector<Rectangle> rectangles_;
    std::uint64_t frame_ = 0;
    unsigned sample_ = 0;
};

}  // namespace hvfbd
