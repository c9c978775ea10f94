#pragma once

#include "descriptor.h"

namespace hvfb {

// How the program's threads and the library's wake each other: two ends, each of which is readable after the
// other one was rung from. Sockets, not eventfds: those share one inode with the program's own, and a number
// that the program has closed could not be told from one of its own eventfds. Thread-safe without locks;
// `quiet` of an end by one thread at a time.
class Bell {
  public:
    enum class End { program, library };

    // 0 or a negative errno. Made again, where the program has closed it, the ends have other numbers.
    int make();
    int get(End end) const { return of(end).get(); }
    // Makes the other end readable. 0, or a negative errno if it cannot.
    int ring(End from) const;
    // Not readable any more. 1: it was; 0: it was not; a negative errno: reading it told nothing, and would
    // not later.
    int quiet(End end) const;
    // Whether the program has left it alone.
    bool ours() const { return program_.ours() && library_.ours(); }
    void close();

  private:
    const Descriptor& of(End end) const { return end == End::program ? program_ : library_; }

    Descriptor program_, library_;
};

}  // namespace hvfb
