#pragma once

#include <iosfwd>
#include <vector>

#include "tracked.h"

namespace hvfbd::bench {

// How long it takes from a client's first store, after rest, until the host could know: a viewer's thread has
// the frame.
struct Latency {
    std::uint64_t settle_us = 0;  // SettleDelay
    bool loaded = false;          // both processors were kept busy meanwhile
    bool whole = false;           // the whole picture, instead of a box
    std::vector<double> told_ms;  // one a change
    unsigned complete = 0;        // changes of which the first frame presented showed all that was drawn
};

// One for each of some settle delays, at rest and under load; a change draws a box of 400 by 300. And one of
// whole pictures, with a settle delay of a millisecond. Leaves the
// daemon as it was. Throws std::runtime_error if a change is not presented within five seconds.
std::vector<Latency> latencies(Tracked& tracked, int changes);

void print(const std::vector<Latency>& latencies, std::ostream& out);

// What the host's side does: gets frames, and reads them.
class Viewer {
  public:
    explicit Viewer(Tracked& tracked);
    ~Viewer() { hvfb_viewer_close(viewer_); }
    Viewer(const Viewer&) = delete;
    Viewer& operator=(const Viewer&) = delete;
    // True: a frame came within the time.
    bool wait(std::uint64_t timeout_us);
    // What it sees is what is drawn, in this box.
    bool shows(const Canvas& canvas, Box box) const;

  private:
    hvfb_viewer* viewer_ = nullptr;
};

}  // namespace hvfbd::bench
