#pragma once

#include <string>

#include "vnc/display_view.h"

struct sd_bus;

namespace vnc {

// Why a display shows nothing though it can be viewed: nobody draws, nobody is to see it. By its properties
// on the bus, which say when they change. One thread.
class DisplayState {
  public:
    // Throws std::system_error: there is no bus.
    explicit DisplayState(const Source& source);
    DisplayState(const DisplayState&) = delete;
    DisplayState& operator=(const DisplayState&) = delete;
    ~DisplayState();

    int fd() const;
    short events() const;
    // Call it when fd() is ready. Throws std::system_error: the bus has gone.
    void take();
    // A sentence, or empty.
    std::string note() const;

    // As the daemon says them.
    struct Values {
        bool is_visible = true, has_surface = true;
        std::string problem;
    };

  private:
    sd_bus* bus_ = nullptr;
    Values values_;
};

}  // namespace vnc
