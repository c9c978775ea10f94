#pragma once

#include <array>

#include "descriptor.h"

namespace hvfb {

// Hears when the socket of a bus that is away is made anew, by inotify on the folder it lies in.
class BusWatch {
  public:
    // Begins for this D-Bus address. False: it cannot be heard, for it has no path, its folder is not there,
    // or there is no inotify to be had.
    bool begin(const char* address);
    void end() { inotify_.reset(); }
    explicit operator bool() const { return static_cast<bool>(inotify_); }

    // Readable when something happened in the folder; -1: not watched.
    int get() const { return inotify_.get(); }
    // Takes what happened. Whether the bus may be there again. Ends where the folder has gone.
    bool changed();

  private:
    Descriptor inotify_;
    std::array<char, 256> name_ = {};  // of the socket in its folder
};

}  // namespace hvfb
